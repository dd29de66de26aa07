package io.mcpsecurity.handler;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.server.McpStatelessServerFeatures.SyncPromptSpecification;
import io.modelcontextprotocol.server.McpStatelessServerFeatures.SyncResourceSpecification;
import io.modelcontextprotocol.server.McpStatelessServerFeatures.SyncResourceTemplateSpecification;
import io.modelcontextprotocol.server.McpStatelessServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.core.ResolvableType;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Calls that reach the handlers of an application by another way than an endpoint: by an
 * MCP server of the application's own, for example, made of the same specifications.
 */
class BoundaryTests {

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		server = SecuredServer.start(RecordsApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.policy.rules[0].tools=time",
				"mcp-security.policy.rules[0].access=public");
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@Test
	void handlersDenyCallsThatDoNotComeThroughEndpoint() {
		assertThat(specifications(SyncToolSpecification.class)).hasSize(7)
			.allSatisfy((tool) -> assertDenied(tool.callHandler(),
					CallToolRequest.builder(tool.tool().name()).arguments(Map.of()).build()));
		assertThat(specifications(SyncResourceSpecification.class)).hasSize(1)
			.allSatisfy((resource) -> assertDenied(resource.readHandler(),
					ReadResourceRequest.builder("records://all").build()));
		assertThat(specifications(SyncResourceTemplateSpecification.class)).hasSize(1)
			.allSatisfy((template) -> assertDenied(template.readHandler(),
					ReadResourceRequest.builder("records://1/details").build()));
		assertThat(specifications(SyncPromptSpecification.class)).hasSize(1)
			.allSatisfy(
					(prompt) -> assertDenied(prompt.promptHandler(), GetPromptRequest.builder("summarize").build()));
	}

	private static <S> List<S> specifications(Class<S> type) {
		return server.context()
			.<List<S>>getBeanProvider(ResolvableType.forClassWithGenerics(List.class, type))
			.stream()
			.flatMap(List::stream)
			.toList();
	}

	/**
	 * Whatever the context has: only an endpoint can begin an exchange.
	 */
	private static <R> void assertDenied(BiFunction<McpTransportContext, R, ?> handler, R request) {
		McpCaller caller = McpCaller.builder("alice", authorizationServer.issuer(), server.url())
			.scopes(Set.of("records:browse", "records:write", "records:admin", "records:purge"))
			.build();
		Stream
			.of(McpTransportContext.EMPTY, caller, caller.within(McpTransportContext.EMPTY),
					McpTransportContext.create(Map.of("caller", caller, McpCaller.class.getName(), caller)))
			.forEach((context) -> assertThatExceptionOfType(McpError.class)
				.isThrownBy(() -> handler.apply(context, request))
				.satisfies((ex) -> assertThat(ex.getJsonRpcError().code()).isEqualTo(-32010)));
	}

	@Test
	void handlersAllowCallsThatComeThroughEndpoint() {
		assertThat(SecuredServer.text(server.callTool(server.token("records:purge").sign(), "purge", "{}")))
			.isEqualTo("\"purged\"");
	}

}
