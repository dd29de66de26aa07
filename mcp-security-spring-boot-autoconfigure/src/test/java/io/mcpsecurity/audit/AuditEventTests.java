package io.mcpsecurity.audit;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.mcpsecurity.audit.McpAuditEvent.Type;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.json.schema.JsonSchemaValidator;
import io.modelcontextprotocol.json.schema.jackson3.DefaultJsonSchemaValidator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The event of every way that a request can end, with every fact, over HTTP: exactly one,
 * on servers of each protocol and type.
 */
class AuditEventTests {

	private static final Map<String, Object> SCHEMA = JsonMapper.shared()
		.readValue(Path.of("../docs/audit-event.schema.json").toFile(), new TypeReference<>() {
		});

	private static final JsonSchemaValidator schema = new DefaultJsonSchemaValidator();

	private static final Map<Variant, Fixture> fixtures = new HashMap<>();

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Variant variant : Variant.values()) {
			fixtures.put(variant,
					new Fixture(SecuredServer.start(AuditedApplication.class, authorizationServer,
							"spring.ai.mcp.server.protocol=" + variant.protocol,
							"spring.ai.mcp.server.type=" + variant.type, "mcp-security.http.max-body-size=10KB",
							"mcp-security.policy.rules[0].resources[0]=records://secret",
							"mcp-security.policy.rules[0].access=deny")));
		}
	}

	@AfterAll
	static void stop() {
		fixtures.values().forEach((fixture) -> fixture.server.close());
		authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource
	void successfulCallIsAudited(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		HttpResponse<String> response = fixture.call("tools/call",
				"{\"name\":\"browse\",\"arguments\":{\"query\":\"x\"}}");
		assertThat(response.statusCode()).isEqualTo(200);
		Map<String, Object> facts = fixture.caller();
		facts.putAll(Map.of("method", "tools/call", "targetKind", "tool", "targetName", "browse"));
		facts.putAll(Map.of("decision", "granted", "reason", "satisfied", "requiredScopes", List.of("records:browse"),
				"missingScopes", List.of(), "rule", "all of [records:browse]", "ruleSource",
				"@RequiresScope on AuditedApplication." + variant.handlers() + ".browse"));
		facts.putAll(Map.of("outcome", "success", "httpStatus", 200, "requestId", "7"));
		facts.put("arguments", Map.of("query", "string(1)"));
		fixture.assertOneEvent(Type.MCP_CALL, facts);
	}

	@ParameterizedTest
	@EnumSource
	void callWithDefaultAccessIsAudited(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		fixture.call("tools/call", "{\"name\":\"open\",\"arguments\":{}}");
		Map<String, Object> facts = fixture.tool("open");
		facts.putAll(Map.of("decision", "granted", "reason", "satisfied", "requiredScopes", List.of(), "missingScopes",
				List.of(), "rule", "authenticated", "ruleSource", "mcp-security.policy.default-access"));
		facts.putAll(Map.of("outcome", "success", "httpStatus", 200));
		fixture.assertOneEvent(Type.MCP_CALL, facts);
	}

	@ParameterizedTest
	@EnumSource
	void toolErrorIsAudited(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		fixture.call("tools/call", "{\"name\":\"failing\",\"arguments\":{}}");
		fixture.assertOneEvent(Type.MCP_CALL, fixture.undeclared("failing", "tool_error"));
	}

	@ParameterizedTest
	@EnumSource
	void exceptionOfHandlerIsAudited(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		fixture.call("tools/call", "{\"name\":\"breaking\",\"arguments\":{}}");
		fixture.assertOneEvent(Type.MCP_CALL, fixture.undeclared("breaking", "exception"));
	}

	@ParameterizedTest
	@EnumSource
	void timeoutOfHandlerIsAudited(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		fixture.call("tools/call", "{\"name\":\"slow\",\"arguments\":{}}");
		fixture.assertOneEvent(Type.MCP_CALL, fixture.undeclared("slow", "timeout"));
	}

	@ParameterizedTest
	@EnumSource
	void callOfUnknownToolIsAudited(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		fixture.call("tools/call", "{\"name\":\"missing\",\"arguments\":{}}");
		Map<String, Object> facts = fixture.tool("missing");
		facts.putAll(Map.of("decision", "undecided", "reason", "no_rule", "requiredScopes", List.of(), "missingScopes",
				List.of()));
		facts.putAll(Map.of("outcome", "protocol_error", "httpStatus", 200));
		fixture.assertOneEvent(Type.MCP_CALL, facts);
	}

	@ParameterizedTest
	@EnumSource
	void resourcePromptAndCompletionCallsAreAudited(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		fixture.call("resources/read", "{\"uri\":\"records://7\"}");
		fixture.assertOneEvent(Type.MCP_CALL, fixture.declared("resources/read", "resource", "records://7", "record"));
		fixture.call("prompts/get", "{\"name\":\"summarize\"}");
		fixture.assertOneEvent(Type.MCP_CALL, fixture.declared("prompts/get", "prompt", "summarize", "summarize"));
		fixture.call("completion/complete", """
				{"ref":{"type":"ref/prompt","name":"summarize"},"argument":{"name":"start","value":"a"}}""");
		Map<String, Object> facts = fixture.declared("completion/complete", "prompt", "summarize", "summarize");
		facts.put("arguments", Map.of("argument", Map.of("start", "string(1)")));
		fixture.assertOneEvent(Type.MCP_CALL, facts);
	}

	@ParameterizedTest
	@EnumSource
	void callWithMissingScopeIsAudited(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		HttpResponse<String> response = fixture.call(fixture.server.token("other"), "tools/call",
				"{\"name\":\"browse\",\"arguments\":{\"query\":\"x\"}}");
		assertThat(response.statusCode()).isEqualTo(403);
		Map<String, Object> facts = fixture.declared("tools/call", "tool", "browse", "browse");
		facts.putAll(Map.of("decision", "denied", "reason", "insufficient_scope", "missingScopes",
				List.of("records:browse"), "grantedScopes", List.of("other"), "outcome", "denied", "httpStatus", 403,
				"arguments", Map.of("query", "string(1)")));
		facts.remove("clientName");
		facts.remove("clientVersion");
		fixture.assertOneEvent(Type.MCP_CALL_DENIED, facts);
	}

	@ParameterizedTest
	@EnumSource
	void callOfTargetDeniedToEveryoneIsAudited(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		assertThat(fixture.call("resources/read", "{\"uri\":\"records://secret\"}").statusCode()).isEqualTo(403);
		Map<String, Object> facts = fixture.caller();
		facts.putAll(Map.of("method", "resources/read", "targetKind", "resource", "targetName", "records://secret"));
		facts.putAll(Map.of("decision", "denied", "reason", "forbidden", "requiredScopes", List.of(), "missingScopes",
				List.of(), "rule", "deny", "ruleSource", "mcp-security.policy.rules[0]"));
		facts.putAll(Map.of("outcome", "denied", "httpStatus", 403, "requestId", "7"));
		facts.remove("clientName");
		facts.remove("clientVersion");
		fixture.assertOneEvent(Type.MCP_CALL_DENIED, facts);
	}

	@ParameterizedTest
	@EnumSource
	void denialByRunningHandlerIsAudited(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		assertThat(fixture.call("tools/call", "{\"name\":\"asking\",\"arguments\":{}}").statusCode()).isEqualTo(403);
		Map<String, Object> facts = fixture.tool("asking");
		facts.putAll(Map.of("decision", "denied", "reason", "insufficient_scope", "requiredScopes",
				List.of("records:browse", "records:all"), "missingScopes", List.of("records:all")));
		facts.putAll(Map.of("outcome", "denied", "httpStatus", 403));
		fixture.assertOneEvent(Type.MCP_CALL_DENIED, facts);
	}

	@ParameterizedTest
	@EnumSource
	void denialByConditionalRuleIsAudited(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		assertThat(fixture.call("tools/call", "{\"name\":\"conditional\",\"arguments\":{\"all\":true}}").statusCode())
			.isEqualTo(403);
		Map<String, Object> facts = fixture.declared("tools/call", "tool", "conditional", "conditional");
		facts.putAll(
				Map.of("decision", "denied", "reason", "insufficient_scope", "requiredScopes", List.of("records:all"),
						"missingScopes", List.of("records:all"), "rule", "all of [records:all] when #all"));
		facts.putAll(Map.of("outcome", "denied", "httpStatus", 403, "arguments", Map.of("all", "boolean")));
		fixture.assertOneEvent(Type.MCP_CALL_DENIED, facts);
	}

	@ParameterizedTest
	@EnumSource
	void requestWithoutTokenIsAudited(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		fixture.send(fixture.server.post(null, "{}"));
		fixture.assertOneEvent(Type.MCP_AUTHENTICATION_FAILED, unauthenticated("missing", 401));
	}

	@ParameterizedTest
	@EnumSource
	void invalidTokensAreAuditedWithReason(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		TestAuthorizationServer.Token expired = fixture.server.token("records:browse")
			.claim("exp", Date.from(Instant.now().minusSeconds(300)));
		fixture.send(fixture.server.post(expired.sign(), "{}"));
		fixture.assertOneEvent(Type.MCP_AUTHENTICATION_FAILED, unauthenticated("expired", 401));
		fixture.send(fixture.server.post(authorizationServer.token("https://other.example").sign(), "{}"));
		fixture.assertOneEvent(Type.MCP_AUTHENTICATION_FAILED, unauthenticated("audience", 401));
		fixture.send(fixture.server.post("nonsense", "{}"));
		fixture.assertOneEvent(Type.MCP_AUTHENTICATION_FAILED, unauthenticated("malformed", 401));
		fixture.send(fixture.server.post(expired.sign(), "{}").header("Authorization", "Bearer second"));
		fixture.assertOneEvent(Type.MCP_AUTHENTICATION_FAILED, unauthenticated("invalid_request", 400));
	}

	@Test
	void whenKeysAreUnavailableThenAuthenticationFailureIsAudited() {
		try (TestAuthorizationServer dead = TestAuthorizationServer.stopped("");
				SecuredServer server = SecuredServer.start(AuditedApplication.class, dead,
						"spring.ai.mcp.server.protocol=STATELESS", "spring.ai.mcp.server.type=SYNC")) {
			server.send(server.post(server.token("records:browse").sign(), "{}"));
			McpAuditEvent event = server.context().getBean(AuditedApplication.Events.class).next();
			assertThat(event.type()).isEqualTo(Type.MCP_AUTHENTICATION_FAILED);
			assertThat(event.subject()).isNull();
			assertThat(event.data()).containsAllEntriesOf(unauthenticated("unavailable", 503));
		}
	}

	@ParameterizedTest
	@EnumSource
	void invalidRequestsAreAuditedAsRejected(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		String token = fixture.server.token("records:browse").sign();
		fixture.send(fixture.server.post(token, "nonsense"));
		fixture.assertOneEvent(Type.MCP_REQUEST_REJECTED, fixture.rejected("invalid_message", 400));
		fixture.send(fixture.server.post(token, "x".repeat(20000)));
		fixture.assertOneEvent(Type.MCP_REQUEST_REJECTED, fixture.rejected("too_large", 413));
		fixture.send(fixture.server.post(token, "{}").setHeader("Content-Type", "text/plain"));
		fixture.assertOneEvent(Type.MCP_REQUEST_REJECTED, fixture.rejected("unsupported_media_type", 415));
	}

	@ParameterizedTest
	@EnumSource
	void unexpectedResponseFromClientIsAuditedAsRejected(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		String token = fixture.server.token("records:browse").sign();
		String response = "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}";
		Map<String, Object> decided = Map.of("requestId", "7", "requiredScopes", List.of(), "missingScopes", List.of());
		fixture.send(fixture.server.post(token, response));
		Map<String, Object> facts = fixture.rejected(fixture.stateful ? "session" : "invalid_message", 400);
		facts.putAll(decided);
		fixture.assertOneEvent(Type.MCP_REQUEST_REJECTED, facts);
		if (fixture.stateful) {
			assertThat(fixture.post(fixture.server.token("records:browse"), response).statusCode()).isEqualTo(400);
			Map<String, Object> inSession = fixture.caller();
			inSession.putAll(fixture.rejected("invalid_message", 400));
			inSession.putAll(decided);
			fixture.assertOneEvent(Type.MCP_REQUEST_REJECTED, inSession);
		}
	}

	@ParameterizedTest
	@EnumSource
	void requestsWithInvalidHeadersOrMethodAreAuditedAsRejected(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		String token = fixture.server.token("records:browse").sign();
		String list = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\"}";
		fixture.send(fixture.server.post(token, list).setHeader("Accept", "text/html"));
		fixture.assertOneEvent(Type.MCP_REQUEST_REJECTED, fixture.rejected("not_acceptable", 406));
		fixture.send(fixture.server.post(token, list).method("PUT", HttpRequest.BodyPublishers.ofString(list)));
		fixture.assertOneEvent(Type.MCP_REQUEST_REJECTED, fixture.rejected("method_not_allowed", 405));
		fixture.send(fixture.server.post(token, list).setHeader("Mcp-Method", "tools/call"));
		Map<String, Object> facts = fixture.rejected("header_mismatch", 400);
		facts.putAll(Map.of("method", "tools/list", "requestId", "7"));
		fixture.assertOneEvent(Type.MCP_REQUEST_REJECTED, facts);
	}

	@ParameterizedTest
	@EnumSource
	void pingAndListingsAreNotAudited(Variant variant) {
		Fixture fixture = fixtures.get(variant);
		for (String method : List.of("ping", "tools/list", "resources/list", "resources/templates/list",
				"prompts/list")) {
			assertThat(fixture.call(method, "{}").statusCode()).as(method).isEqualTo(200);
		}
		fixture.assertNoMoreEvents();
	}

	private static Map<String, Object> unauthenticated(String reason, int status) {
		return new HashMap<>(
				Map.of("decision", "unauthenticated", "reason", reason, "outcome", "denied", "httpStatus", status));
	}

	/**
	 * The servers that there are.
	 */
	enum Variant {

		STREAMABLE_SYNC(Protocol.STREAMABLE, "SYNC"), STREAMABLE_ASYNC(Protocol.STREAMABLE, "ASYNC"),
		STATELESS_SYNC(Protocol.STATELESS, "SYNC"), STATELESS_ASYNC(Protocol.STATELESS, "ASYNC");

		private final Protocol protocol;

		private final String type;

		Variant(Protocol protocol, String type) {
			this.protocol = protocol;
			this.type = type;
		}

		String handlers() {
			return this.type.equals("SYNC") ? "SyncHandlers" : "AsyncHandlers";
		}

	}

	/**
	 * A server and what it is expected to record.
	 */
	private static final class Fixture {

		private final SecuredServer server;

		private final AuditedApplication.Events events;

		private final boolean stateful;

		private final String handlers;

		private @Nullable String session;

		Fixture(SecuredServer server) {
			this.server = server;
			this.events = server.context().getBean(AuditedApplication.Events.class);
			this.stateful = "STREAMABLE"
				.equals(server.context().getEnvironment().getProperty("spring.ai.mcp.server.protocol"));
			this.handlers = "SYNC".equals(server.context().getEnvironment().getProperty("spring.ai.mcp.server.type"))
					? "SyncHandlers" : "AsyncHandlers";
		}

		HttpResponse<String> call(String method, String params) {
			return call(this.server.token("records:browse"), method, params);
		}

		HttpResponse<String> call(TestAuthorizationServer.Token token, String method, String params) {
			return post(token,
					"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":" + params + "}");
		}

		HttpResponse<String> post(TestAuthorizationServer.Token token, String body) {
			String text = token.sign();
			this.session = this.stateful ? this.server.initialize(text) : null;
			HttpRequest.Builder request = this.server.post(text, body);
			if (this.session != null) {
				request.setHeader("Mcp-Session-Id", this.session);
			}
			return this.server.send(request.setHeader("MCP-Protocol-Version", "2025-11-25"));
		}

		HttpResponse<String> send(HttpRequest.Builder request) {
			this.session = null;
			return this.server.send(request.setHeader("MCP-Protocol-Version", "2025-11-25"));
		}

		Map<String, Object> caller() {
			Map<String, Object> facts = new HashMap<>(Map.of("subject", "alice", "issuer", authorizationServer.issuer(),
					"client", "test-client", "tokenId", "token-1", "grantedScopes", List.of("records:browse")));
			if (this.stateful) {
				facts.putAll(Map.of("clientName", "test", "clientVersion", "1"));
			}
			return facts;
		}

		Map<String, Object> tool(String name) {
			Map<String, Object> facts = caller();
			facts.putAll(Map.of("method", "tools/call", "requestId", "7", "targetKind", "tool", "targetName", name,
					"arguments", Map.of()));
			return facts;
		}

		Map<String, Object> undeclared(String tool, String outcome) {
			Map<String, Object> facts = tool(tool);
			facts.putAll(Map.of("decision", "granted", "reason", "satisfied", "requiredScopes", List.of(),
					"missingScopes", List.of(), "rule", "authenticated", "ruleSource",
					"mcp-security.policy.default-access", "outcome", outcome, "httpStatus", 200));
			return facts;
		}

		Map<String, Object> declared(String method, String kind, String name, String handler) {
			Map<String, Object> facts = caller();
			facts.putAll(Map.of("method", method, "requestId", "7", "targetKind", kind, "targetName", name));
			facts.putAll(Map.of("decision", "granted", "reason", "satisfied", "requiredScopes",
					List.of("records:browse"), "missingScopes", List.of(), "rule", "all of [records:browse]",
					"ruleSource", "@RequiresScope on AuditedApplication." + this.handlers + "." + handler));
			facts.putAll(Map.of("outcome", "success", "httpStatus", 200));
			return facts;
		}

		Map<String, Object> rejected(String reason, int status) {
			Map<String, Object> facts = caller();
			facts.putAll(Map.of("decision", "rejected", "reason", reason, "outcome", "denied", "httpStatus", status));
			facts.remove("clientName");
			facts.remove("clientVersion");
			return facts;
		}

		/**
		 * The next event is this one, and the next after that is of a later request.
		 */
		void assertOneEvent(Type type, Map<String, Object> expected) {
			McpAuditEvent event = this.events.next();
			assertThat(schema.validate(SCHEMA, event.data()).errorMessage()).isNull();
			Map<String, Object> facts = new LinkedHashMap<>(event.data());
			assertThat(UUID.fromString((String) facts.remove("eventId"))).hasToString(event.id());
			assertThat(Instant.parse((String) facts.remove("timestamp"))).isEqualTo(event.timestamp())
				.isBetween(Instant.now().minusSeconds(60), Instant.now());
			assertThat((Double) facts.remove("durationMs")).isBetween(0.0, 60000.0);
			assertThat((String) facts.remove("traceId")).hasSize(32);
			assertThat((String) facts.remove("spanId")).hasSize(16);
			assertThat(facts.remove("remoteAddress")).isIn("127.0.0.1", "0:0:0:0:0:0:0:1");
			assertThat(facts.remove("resource")).isEqualTo(this.server.url());
			assertThat(facts.remove("protocolVersion")).isEqualTo("2025-11-25");
			assertThat(facts.remove("sessionIdHash")).isEqualTo((this.session != null) ? hash(this.session) : null);
			assertThat(facts).containsExactlyInAnyOrderEntriesOf(expected);
			assertThat(event.type()).isEqualTo(type);
			assertThat(event.subject()).isEqualTo(expected.get("subject"));
			assertNoMoreEvents();
		}

		void assertNoMoreEvents() {
			call(this.server.token("marker"), "tools/call", "{\"name\":\"open\",\"arguments\":{}}");
			assertThat(this.events.next().data()).containsEntry("grantedScopes", List.of("marker"));
		}

		private static String hash(String session) {
			try {
				return HexFormat.of()
					.formatHex(MessageDigest.getInstance("SHA-256").digest(session.getBytes(StandardCharsets.UTF_8)))
					.substring(0, 32);
			}
			catch (NoSuchAlgorithmException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

}
