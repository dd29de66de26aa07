package io.mcpsecurity.handler;

import java.util.EnumMap;
import java.util.Map;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.ai.tool.method.MethodToolCallbackProvider;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Servers of type ASYNC: handlers leave the request's thread.
 */
class AsyncServerTests {

	private static final Map<Protocol, SecuredServer> servers = new EnumMap<>(Protocol.class);

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Protocol protocol : Protocol.values()) {
			servers.put(protocol, SecuredServer.start(AsyncApplication.class, authorizationServer,
					"spring.ai.mcp.server.protocol=" + protocol, "spring.ai.mcp.server.type=ASYNC"));
		}
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource
	void callerParameterIsResolvedOnOtherThread(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		assertThat(SecuredServer.text(server.callTool(server.token("records:browse").sign(), "slow", "{}")))
			.startsWith("alice on boundedElastic");
	}

	@ParameterizedTest
	@EnumSource
	void missingScopeResultsInForbidden(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		assertThat(server.callTool(server.token().sign(), "slow", "{}").statusCode()).isEqualTo(403);
		assertThat(server.callTool(server.token().sign(), "purge", "{}").statusCode()).isEqualTo(403);
	}

	@ParameterizedTest
	@EnumSource
	void toolCallbacksAreSupported(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		assertThat(SecuredServer.text(server.callTool(server.token("records:purge").sign(), "purge", "{}")))
			.isEqualTo("\"purged\"");
		assertThat(SecuredServer.text(server.callTool(server.token().sign(), "whoToo", "{\"greeting\":\"hi\"}")))
			.startsWith("\"hi alice");
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(AsyncTools.class)
	static class AsyncApplication {

		@Bean
		ToolCallbackProvider callbacks() {
			return MethodToolCallbackProvider.builder().toolObjects(new RecordsApplication.Callbacks()).build();
		}

	}

	static class AsyncTools {

		@McpTool(name = "slow", description = "Answers from another thread")
		@RequiresScope("records:browse")
		Mono<String> slow(McpCaller caller) {
			return Mono.fromCallable(() -> caller.subject() + " on " + Thread.currentThread().getName())
				.subscribeOn(Schedulers.boundedElastic());
		}

	}

}
