package io.mcpsecurity.handler;

import java.net.http.HttpResponse;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.InsufficientScopeException;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.ScopeCheck;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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
 * A handler that asks for more scopes while it runs.
 */
class StepUpTests {

	private static final Map<Protocol, SecuredServer> servers = new EnumMap<>(Protocol.class);

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Protocol protocol : Protocol.values()) {
			servers.put(protocol, SecuredServer.start(StepUpApplication.class, authorizationServer,
					"spring.ai.mcp.server.protocol=" + protocol, "mcp-security.policy.rules[0].tools[0]=open",
					"mcp-security.policy.rules[0].access=public", "mcp-security.policy.anonymous-discovery=true",
					"mcp-security.policy.scope-hierarchy=root > deep", "mcp-security.scopes[0].name=deep",
					"mcp-security.scopes[0].requested-as=api://deep"));
		}
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource
	void scopeExceptionOfToolEqualsChallengeOfGate(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		HttpResponse<String> response = server.callTool(server.token("shallow").sign(), "dig", "{}");
		assertThat(response.statusCode()).isEqualTo(403);
		assertThat(response.headers().allValues("WWW-Authenticate"))
			.containsExactly("Bearer error=\"insufficient_scope\", scope=\"api://deep shallow\", resource_metadata=\""
					+ server.url("/.well-known/oauth-protected-resource/mcp")
					+ "\", error_description=\"Needs the scope deep as well\"");
		assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
		assertThat(response.body()).isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32011,"
				+ "\"message\":\"Needs the scope deep as well\"}}");
	}

	@ParameterizedTest
	@EnumSource
	void connectionIsUsableAfterChallenge(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		for (int i = 0; i < 20; i++) {
			assertThat(server.callTool(server.token("shallow").sign(), "dig", "{}").statusCode()).isEqualTo(403);
			assertThat(SecuredServer.text(server.callTool(server.token("shallow").sign(), "handle", "{}")))
				.isEqualTo("did without");
		}
	}

	@ParameterizedTest
	@EnumSource
	void wrappedScopeExceptionIsChallenged(Protocol protocol) {
		assertChallenged(call(protocol, "tools/call", "{\"name\":\"wrap\",\"arguments\":{}}"), "api://deep shallow");
	}

	@ParameterizedTest
	@EnumSource
	void scopeExceptionOfToolCallbackIsChallenged(Protocol protocol) {
		assertChallenged(call(protocol, "tools/call", "{\"name\":\"callback\",\"arguments\":{}}"),
				"api://deep more shallow");
	}

	@ParameterizedTest
	@EnumSource
	void scopeExceptionsOfResourcesAndPromptsAreChallenged(Protocol protocol) {
		assertChallenged(call(protocol, "resources/read", "{\"uri\":\"deep://all\"}"), "api://deep shallow");
		assertChallenged(call(protocol, "resources/read", "{\"uri\":\"deep://7/part\"}"), "api://deep shallow");
		assertChallenged(call(protocol, "prompts/get", "{\"name\":\"deepPrompt\"}"), "api://deep shallow");
	}

	@ParameterizedTest
	@EnumSource
	void scopesImpliedByHierarchyAreNotMissing(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		HttpResponse<String> response = server.callTool(server.token("root").sign(), "callback", "{}");
		assertThat(SecuredServer.json(response).at("/error/message").asString())
			.isEqualTo("Needs the scope more as well");
		assertChallenged(response, "more root");
	}

	@ParameterizedTest
	@EnumSource
	void challengeContainsHeldScopesThatHandlersRequired(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		assertThat(call(protocol, "tools/call", "{\"name\":\"callback\",\"arguments\":{}}").statusCode())
			.isEqualTo(403);
		assertChallenged(server.callTool(server.token("shallow", "more", "other").sign(), "dig", "{}"),
				"api://deep more shallow");
	}

	@ParameterizedTest
	@EnumSource
	void hasScopeConsidersHierarchy(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		for (String tool : List.of("ask", "callbackAsk")) {
			for (String scope : List.of("deep", "root")) {
				assertThat(SecuredServer.text(server.callTool(server.token("shallow", scope).sign(), tool, "{}")))
					.as(tool + " with " + scope)
					.contains("dug");
			}
			assertChallenged(call(protocol, "tools/call", "{\"name\":\"%s\",\"arguments\":{}}".formatted(tool)),
					"api://deep shallow");
		}
	}

	@ParameterizedTest
	@EnumSource
	void scopeExceptionHandledByToolIsNotChallenged(Protocol protocol) {
		HttpResponse<String> response = call(protocol, "tools/call", "{\"name\":\"handle\",\"arguments\":{}}");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(SecuredServer.text(response)).isEqualTo("did without");
	}

	@ParameterizedTest
	@EnumSource
	void otherExceptionIsNotChallenged(Protocol protocol) {
		HttpResponse<String> response = call(protocol, "tools/call", "{\"name\":\"fail\",\"arguments\":{}}");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(SecuredServer.json(response).at("/result/isError").asBoolean()).isTrue();
		assertThat(response.body()).doesNotContain("challenge");
	}

	@ParameterizedTest
	@EnumSource
	void forgedChallengeInResultIsIgnored(Protocol protocol) {
		HttpResponse<String> response = call(protocol, "tools/call", "{\"name\":\"forge\",\"arguments\":{}}");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValue("WWW-Authenticate")).isEmpty();
	}

	@ParameterizedTest
	@EnumSource
	void scopeExceptionForAnonymousClientIsChallengeWithoutError(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		String body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\","
				+ "\"params\":{\"name\":\"open\",\"arguments\":{}}}";
		HttpResponse<String> response = server.send((protocol == Protocol.STATELESS) ? server.post(null, body)
				: server.post(null, body).setHeader("Mcp-Session-Id", server.initialize(null)));
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElse("")).doesNotContain("error=");
	}

	@Test
	void whenResponseIsCommittedThenChallengeIsInToolResult() {
		SecuredServer server = servers.get(Protocol.STREAMABLE);
		HttpResponse<String> response = server.callTool(server.token("shallow").sign(), "begin", "{}");
		assertThat(response.statusCode()).isEqualTo(200);
		List<JsonNode> messages = response.body()
			.lines()
			.filter((line) -> line.startsWith("data:"))
			.map((line) -> JsonMapper.shared().readTree(line.substring(5)))
			.toList();
		assertThat(messages).hasSize(2);
		assertThat(messages.get(0).path("method").asString()).isEqualTo("notifications/progress");
		JsonNode result = messages.get(1).path("result");
		assertThat(result.path("isError").asBoolean()).isTrue();
		assertThat(result.at("/content/0/text").asString()).isEqualTo("Needs the scope deep as well");
		JsonNode challenge = result.path("_meta").path("io.mcpsecurity/challenge");
		assertThat(challenge.toString()).isEqualTo("{\"error\":\"insufficient_scope\",\"scope\":\"api://deep shallow\","
				+ "\"resource_metadata\":\"" + server.url("/.well-known/oauth-protected-resource/mcp") + "\"}");
	}

	@Test
	void whenResponseIsCommittedThenChallengeOfResourceIsInJsonRpcError() {
		SecuredServer server = servers.get(Protocol.STREAMABLE);
		HttpResponse<String> response = server.call(server.token("shallow").sign(), "resources/read",
				"{\"uri\":\"deep://begin\"}");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).contains("\"code\":-32011", "\"data\":{\"io.mcpsecurity/challenge\":{\"error\":"
				+ "\"insufficient_scope\",\"scope\":\"api://deep shallow\",");
	}

	private static HttpResponse<String> call(Protocol protocol, String method, String params) {
		SecuredServer server = servers.get(protocol);
		return server.call(server.token("shallow").sign(), method, params);
	}

	private static void assertChallenged(HttpResponse<String> response, String scope) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(403);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElse(""))
			.contains("error=\"insufficient_scope\", scope=\"" + scope + "\"");
		assertThat(SecuredServer.json(response).at("/error/code").asInt()).isEqualTo(-32011);
		assertThat(SecuredServer.json(response).at("/id").asInt()).isEqualTo(7);
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Handlers.class)
	static class StepUpApplication {

		@Bean
		ToolCallbackProvider callbacks(ScopeCheck scopes) {
			return MethodToolCallbackProvider.builder().toolObjects(new Callbacks(scopes)).build();
		}

	}

	static class Handlers {

		private final ScopeCheck scopes;

		Handlers(ScopeCheck scopes) {
			this.scopes = scopes;
		}

		@McpTool(description = "Asks for a scope if the caller does not hold it")
		String ask(McpCaller caller) {
			return dug(this.scopes, caller);
		}

		static String dug(ScopeCheck scopes, McpCaller caller) {
			if (!scopes.holds(caller, "deep")) {
				throw new InsufficientScopeException("deep");
			}
			return "dug";
		}

		@McpTool(description = "Asks for a scope")
		@RequiresScope("shallow")
		String dig() {
			throw new InsufficientScopeException("deep");
		}

		@McpTool(description = "Asks for a scope by another exception's cause")
		String wrap() {
			throw new IllegalStateException("no", new RuntimeException(new InsufficientScopeException("deep")));
		}

		@McpTool(description = "Asks for a scope and goes on without")
		String handle() {
			try {
				throw new InsufficientScopeException("deep");
			}
			catch (InsufficientScopeException ex) {
				return "did without";
			}
		}

		@McpTool(description = "Fails")
		String fail() {
			throw new IllegalStateException("Needs the scope deep");
		}

		@McpTool(description = "Answers with a challenge of another server")
		CallToolResult forge() {
			return CallToolResult.builder()
				.isError(true)
				.addTextContent("Needs the scope deep as well")
				.meta(Map.of(InvocationGuard.CHALLENGE, Map.of("error", "insufficient_scope", "scope", "deep")))
				.build();
		}

		@McpTool(description = "Is public, and asks for a scope")
		String open() {
			throw new InsufficientScopeException("deep");
		}

		@McpTool(description = "Sends something before it asks for a scope")
		@RequiresScope("shallow")
		String begin(McpSyncServerExchange exchange) {
			exchange.progressNotification(ProgressNotification.builder("1", 0.5).build());
			throw new InsufficientScopeException("deep");
		}

		@McpResource(uri = "deep://all", name = "all")
		String all() {
			throw new InsufficientScopeException("deep");
		}

		@McpResource(uri = "deep://{id}/part", name = "part")
		@RequiresScope("shallow")
		String part(String id) {
			throw new InsufficientScopeException("deep");
		}

		@McpResource(uri = "deep://begin", name = "begin")
		String beginResource(McpSyncServerExchange exchange) {
			exchange.progressNotification(ProgressNotification.builder("1", 0.5).build());
			throw new InsufficientScopeException("deep");
		}

		@McpPrompt(name = "deepPrompt", description = "Asks for a scope")
		String prompt() {
			throw new InsufficientScopeException("deep");
		}

	}

	static class Callbacks {

		private final ScopeCheck scopes;

		Callbacks(ScopeCheck scopes) {
			this.scopes = scopes;
		}

		@Tool(description = "Asks for a scope if the caller does not hold it")
		public String callbackAsk(McpCaller caller) {
			return Handlers.dug(this.scopes, caller);
		}

		@Tool(description = "Asks for scopes")
		public String callback() {
			throw new InsufficientScopeException("deep", "more");
		}

	}

}
