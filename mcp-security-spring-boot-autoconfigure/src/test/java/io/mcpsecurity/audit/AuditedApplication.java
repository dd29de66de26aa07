package io.mcpsecurity.audit;

import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.mcpsecurity.InsufficientScopeException;
import io.mcpsecurity.RequiresScope;
import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpStatelessServerFeatures;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.ai.mcp.annotation.McpComplete;
import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/**
 * A server whose handlers end in every way that a call can end, synchronous or
 * asynchronous by {@code spring.ai.mcp.server.type}, and a sink that keeps the events.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({ AuditedApplication.SyncHandlers.class, AuditedApplication.AsyncHandlers.class })
class AuditedApplication {

	/**
	 * Keeps events until they are looked at.
	 */
	static final class Events implements AuditSink {

		private final BlockingQueue<McpAuditEvent> events = new LinkedBlockingQueue<>();

		@Override
		public String name() {
			return "test";
		}

		@Override
		public void write(List<McpAuditEvent> events) {
			this.events.addAll(events);
		}

		McpAuditEvent next() {
			try {
				McpAuditEvent event = this.events.poll(10, TimeUnit.SECONDS);
				if (event == null) {
					throw new AssertionError("There is no event");
				}
				return event;
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new IllegalStateException(ex);
			}
		}

		void clear() {
			this.events.clear();
		}

	}

	@Bean
	Events events() {
		return new Events();
	}

	@Bean
	List<McpServerFeatures.SyncToolSpecification> brokenSyncTools() {
		return List.of(new McpServerFeatures.SyncToolSpecification(tool("breaking"), (exchange, request) -> breaking()),
				new McpServerFeatures.SyncToolSpecification(tool("slow"), (exchange, request) -> slow()));
	}

	@Bean
	List<McpServerFeatures.AsyncToolSpecification> brokenAsyncTools() {
		return List.of(
				new McpServerFeatures.AsyncToolSpecification(tool("breaking"),
						(exchange, request) -> Mono.fromCallable(AuditedApplication::breaking)),
				new McpServerFeatures.AsyncToolSpecification(tool("slow"),
						(exchange, request) -> Mono.fromCallable(AuditedApplication::slow)));
	}

	@Bean
	List<McpStatelessServerFeatures.SyncToolSpecification> brokenStatelessSyncTools() {
		return List.of(
				new McpStatelessServerFeatures.SyncToolSpecification(tool("breaking"),
						(exchange, request) -> breaking()),
				new McpStatelessServerFeatures.SyncToolSpecification(tool("slow"), (exchange, request) -> slow()));
	}

	@Bean
	List<McpStatelessServerFeatures.AsyncToolSpecification> brokenStatelessAsyncTools() {
		return List.of(
				new McpStatelessServerFeatures.AsyncToolSpecification(tool("breaking"),
						(exchange, request) -> Mono.fromCallable(AuditedApplication::breaking)),
				new McpStatelessServerFeatures.AsyncToolSpecification(tool("slow"),
						(exchange, request) -> Mono.fromCallable(AuditedApplication::slow)));
	}

	private static Tool tool(String name) {
		return Tool.builder(name, Map.of("type", "object")).build();
	}

	private static CallToolResult breaking() {
		throw new IllegalStateException("secret detail");
	}

	private static CallToolResult slow() {
		throw new IllegalStateException(new TimeoutException());
	}

	@ConditionalOnProperty(name = "spring.ai.mcp.server.type", havingValue = "SYNC")
	static class SyncHandlers {

		@McpTool(description = "Works")
		@RequiresScope("records:browse")
		String browse(String query) {
			return "browsed";
		}

		@McpTool(description = "Works without a scope")
		String open() {
			return "open";
		}

		@McpTool(description = "Fails in words")
		String failing() {
			throw new IllegalStateException("no");
		}

		@McpTool(description = "Asks for more while it runs")
		@RequiresScope("records:browse")
		String asking() {
			throw new InsufficientScopeException("records:all");
		}

		@McpTool(description = "Needs a scope for some arguments")
		@RequiresScope(value = "records:all", when = "#all")
		String conditional(boolean all) {
			return "done";
		}

		@McpResource(uri = "records://{id}", name = "record")
		@RequiresScope("records:browse")
		String record(String id) {
			return id;
		}

		@McpPrompt(description = "Summarizes")
		@RequiresScope("records:browse")
		String summarize() {
			return "Summarize";
		}

		@McpComplete(prompt = "summarize")
		List<String> complete(String start) {
			return List.of(start + "!");
		}

	}

	@ConditionalOnProperty(name = "spring.ai.mcp.server.type", havingValue = "ASYNC")
	static class AsyncHandlers {

		@McpTool(description = "Works")
		@RequiresScope("records:browse")
		Mono<String> browse(String query) {
			return Mono.just("browsed").publishOn(Schedulers.parallel());
		}

		@McpTool(description = "Works without a scope")
		Mono<String> open() {
			return Mono.just("open");
		}

		@McpTool(description = "Fails in words")
		Mono<String> failing() {
			return Mono.error(new IllegalStateException("no"));
		}

		@McpTool(description = "Asks for more while it runs")
		@RequiresScope("records:browse")
		Mono<String> asking() {
			return Mono.<String>error(() -> new InsufficientScopeException("records:all"))
				.subscribeOn(Schedulers.boundedElastic());
		}

		@McpTool(description = "Needs a scope for some arguments")
		@RequiresScope(value = "records:all", when = "#all")
		Mono<String> conditional(boolean all) {
			return Mono.just("done");
		}

		@McpResource(uri = "records://{id}", name = "record")
		@RequiresScope("records:browse")
		Mono<String> record(String id) {
			return Mono.just(id);
		}

		@McpPrompt(description = "Summarizes")
		@RequiresScope("records:browse")
		Mono<String> summarize() {
			return Mono.just("Summarize");
		}

		@McpComplete(prompt = "summarize")
		Mono<List<String>> complete(String start) {
			return Mono.just(List.of(start + "!"));
		}

	}

}
