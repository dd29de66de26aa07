package io.mcpsecurity.transport;

import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.test.RejectedEvents;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.spec.McpSchema.LoggingLevel;
import io.modelcontextprotocol.spec.McpSchema.LoggingMessageNotification;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/**
 * A server with tools that run until a test lets them end.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import(SessionApplication.Tools.class)
class SessionApplication {

	@Bean
	RejectedEvents rejectedEvents() {
		return new RejectedEvents();
	}

	static class Tools {

		private volatile boolean ended;

		private volatile int running;

		/**
		 * Let the tools end.
		 */
		void end() {
			this.ended = true;
		}

		/**
		 * Let the tools run.
		 */
		void begin() {
			this.ended = false;
		}

		int running() {
			return this.running;
		}

		@McpTool(name = "time", description = "Tells the time")
		String time() {
			return "noon";
		}

		@McpTool(name = "browse", description = "Lists records")
		@RequiresScope("records:browse")
		String browse() {
			return "browsed";
		}

		@McpTool(name = "ticking", description = "Tells again and again that it runs")
		String ticking(McpSyncServerExchange exchange) throws InterruptedException {
			return run(() -> exchange.loggingNotification(
					LoggingMessageNotification.builder(LoggingLevel.EMERGENCY, "tick").logger("test").build()));
		}

		@McpTool(name = "waiting", description = "Says nothing while it runs")
		String waiting() throws InterruptedException {
			return run(() -> {
			});
		}

		private String run(Runnable step) throws InterruptedException {
			count(1);
			try {
				while (!this.ended) {
					step.run();
					Thread.sleep(20);
				}
				return "ended by itself";
			}
			finally {
				count(-1);
			}
		}

		private synchronized void count(int more) {
			this.running += more;
		}

	}

}
