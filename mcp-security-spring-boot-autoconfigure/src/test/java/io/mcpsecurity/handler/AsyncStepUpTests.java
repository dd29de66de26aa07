package io.mcpsecurity.handler;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

import io.mcpsecurity.InsufficientScopeException;
import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.method.MethodToolCallbackProvider;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Handlers of asynchronous servers that ask for more scopes while they run.
 */
class AsyncStepUpTests {

	private static final Map<Protocol, SecuredServer> servers = new EnumMap<>(Protocol.class);

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Protocol protocol : Protocol.values()) {
			servers.put(protocol, SecuredServer.start(AsyncStepUpApplication.class, authorizationServer,
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
	void scopeExceptionOfToolIsChallengedForEverySignalType(Protocol protocol) {
		for (String tool : new String[] { "throwing", "error", "elastic", "deferred", "later", "foreign", "result",
				"wrapped", "callback" }) {
			HttpResponse<String> response = call(protocol, "tools/call",
					"{\"name\":\"" + tool + "\",\"arguments\":{}}");
			assertThat(response.statusCode()).as(tool + ": " + response.body()).isEqualTo(403);
			assertThat(response.headers().firstValue("WWW-Authenticate").orElse("")).as(tool)
				.contains("scope=\"deep shallow\"");
		}
	}

	@ParameterizedTest
	@EnumSource
	void scopeExceptionsOfResourcesAndPromptsAreChallenged(Protocol protocol) {
		assertThat(call(protocol, "resources/read", "{\"uri\":\"deep://all\"}").statusCode()).isEqualTo(403);
		assertThat(call(protocol, "prompts/get", "{\"name\":\"deepPrompt\"}").statusCode()).isEqualTo(403);
	}

	@ParameterizedTest
	@EnumSource
	void scopeExceptionHandledByToolIsNotChallenged(Protocol protocol) {
		assertThat(SecuredServer.text(call(protocol, "tools/call", "{\"name\":\"handle\",\"arguments\":{}}")))
			.isEqualTo("did without");
	}

	/**
	 * Reactor interrupts the thread of a callable that has thrown, while that thread is
	 * on its way to the response.
	 */
	@ParameterizedTest
	@EnumSource
	void challengeIsSentEvenIfHandlerThreadIsInterrupted(Protocol protocol) {
		for (int i = 0; i < 100; i++) {
			assertThat(call(protocol, "tools/call", "{\"name\":\"elastic\",\"arguments\":{}}").statusCode())
				.isEqualTo(403);
		}
	}

	private static HttpResponse<String> call(Protocol protocol, String method, String params) {
		SecuredServer server = servers.get(protocol);
		return server.call(server.token("shallow").sign(), method, params);
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Handlers.class)
	static class AsyncStepUpApplication {

		@Bean
		ToolCallbackProvider callbacks() {
			return MethodToolCallbackProvider.builder().toolObjects(new Callbacks()).build();
		}

	}

	static class Handlers {

		@McpTool(description = "Throws")
		@RequiresScope("shallow")
		Mono<String> throwing() {
			throw new InsufficientScopeException("deep");
		}

		@McpTool(description = "Returns an error")
		@RequiresScope("shallow")
		Mono<String> error() {
			return Mono.error(new InsufficientScopeException("deep"));
		}

		@McpTool(description = "Throws on another thread")
		@RequiresScope("shallow")
		Mono<String> elastic() {
			return Mono.<String>fromCallable(() -> {
				throw new InsufficientScopeException("deep");
			}).subscribeOn(Schedulers.boundedElastic());
		}

		@McpTool(description = "Returns an error on another thread, after one more switch")
		@RequiresScope("shallow")
		Mono<String> deferred() {
			return Mono.just(1)
				.publishOn(Schedulers.parallel())
				.flatMap((one) -> Mono.<String>error(() -> new InsufficientScopeException("deep")))
				.subscribeOn(Schedulers.boundedElastic());
		}

		@McpTool(description = "Throws after a while")
		@RequiresScope("shallow")
		Mono<String> later() {
			return Mono.delay(Duration.ofMillis(10)).map((tick) -> {
				throw new InsufficientScopeException("deep");
			});
		}

		@McpTool(description = "Has a result of its own, and fails on a thread of its own")
		@RequiresScope("shallow")
		Mono<CallToolResult> result() {
			return Mono.create((sink) -> new Thread(() -> sink.error(new InsufficientScopeException("deep"))).start());
		}

		@McpTool(description = "Has a result of its own, and fails by a cause on a thread of its own")
		@RequiresScope("shallow")
		Mono<CallToolResult> wrapped() {
			return Mono.create((sink) -> new Thread(
					() -> sink.error(new IllegalStateException(new InsufficientScopeException("deep"))))
				.start());
		}

		@McpTool(description = "Fails on a thread of its own")
		@RequiresScope("shallow")
		Mono<String> foreign() {
			return Mono.create((sink) -> new Thread(() -> sink.error(new InsufficientScopeException("deep"))).start());
		}

		@McpTool(description = "Goes on without")
		Mono<String> handle() {
			return Mono.<String>error(new InsufficientScopeException("deep")).onErrorReturn("did without");
		}

		@McpResource(uri = "deep://all", name = "all")
		Mono<String> all() {
			return Mono.error(new InsufficientScopeException("deep"));
		}

		@McpPrompt(name = "deepPrompt", description = "Asks for a scope")
		Mono<String> prompt() {
			return Mono.error(new InsufficientScopeException("deep"));
		}

	}

	static class Callbacks {

		@Tool(description = "Asks for a scope")
		@RequiresScope("shallow")
		public String callback() {
			throw new InsufficientScopeException("deep");
		}

	}

}
