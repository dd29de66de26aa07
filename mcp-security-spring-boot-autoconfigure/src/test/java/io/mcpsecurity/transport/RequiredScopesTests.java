package io.mcpsecurity.transport;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RecordedEvents;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Scopes that every request to an endpoint needs.
 */
class RequiredScopesTests {

	private static final String LIST = message("tools/list", "{}");

	private static final String CALL = message("tools/call", "{\"name\":\"time\"}");

	private static final String ADMIN = "http://localhost:1/admin/mcp";

	private static final Map<Protocol, SecuredServer> servers = new EnumMap<>(Protocol.class);

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Protocol protocol : Protocol.values()) {
			servers.put(protocol, SecuredServer.start(RequiredScopesApplication.class, authorizationServer,
					"spring.ai.mcp.server.protocol=" + protocol, "mcp-security.policy.required-scopes=member",
					"mcp-security.policy.scope-hierarchy=staff > member", "mcp-security.policy.rules[0].tools=time",
					"mcp-security.policy.rules[0].access=public", "mcp-security.endpoints.admin.path=/admin/mcp",
					"mcp-security.endpoints.admin.resource=" + ADMIN, "mcp-security.endpoints.admin.protocol=stateless",
					"mcp-security.endpoints.admin.policy.required-scopes=admin"));
		}
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource
	void requestWithoutRequiredScopesIsChallenged(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		String token = server.token("records:browse").sign();
		for (String body : List.of(LIST, CALL, message("ping", "{}"), message("initialize", "{}"), "not a message")) {
			assertChallenged(server.send(server.post(token, body)), "member records:browse");
		}
		HttpRequest.Builder request = server.post(token, LIST);
		assertChallenged(server.send(request.GET()), "member records:browse");
		assertChallenged(server.send(request.DELETE()), "member records:browse");
	}

	@ParameterizedTest
	@EnumSource
	void denialIsAudited(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		List<McpAuditEvent> events = server.context().getBean(RecordedEvents.class).list();
		int before = events.size();
		server.send(server.post(server.token().sign(), LIST));
		await().until(() -> events.size() > before);
		assertThat(events.get(events.size() - 1).data()).containsEntry("decision", "denied")
			.containsEntry("requiredScopes", List.of("member"))
			.containsEntry("missingScopes", List.of("member"))
			.containsEntry("httpStatus", 403);
	}

	@ParameterizedTest
	@EnumSource
	void whenRequiredScopesAreGrantedThenRulesApply(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		for (String scope : List.of("member", "staff")) {
			assertThat(server.call(server.token(scope).sign(), "tools/list", "{}").body()).contains("\"time\"");
			assertThat(
					SecuredServer.text(server.callTool(server.token(scope, "records:browse").sign(), "browse", "{}")))
				.isEqualTo("browsed null");
		}
	}

	@ParameterizedTest
	@EnumSource
	void challengeOfToolContainsRequiredScopes(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		HttpResponse<String> response = server.callTool(server.token("member").sign(), "browse", "{}");
		assertChallenged(response, "records:browse member");
		assertThat(SecuredServer.json(response).at("/error/message").asString())
			.isEqualTo("Needs the scope records:browse as well");
	}

	@ParameterizedTest
	@EnumSource
	void challengeAndMetadataContainRequiredScopes(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		HttpResponse<String> refused = server.send(server.post(null, LIST));
		assertThat(refused.statusCode()).isEqualTo(401);
		assertThat(refused.headers().firstValue("WWW-Authenticate").orElse("")).contains("scope=\"member ");
		assertThat(server.get(server.url("/.well-known/oauth-protected-resource/mcp")).body())
			.contains("\"scopes_supported\":[\"member\",");
	}

	@ParameterizedTest
	@EnumSource
	void publicTargetsRequireToken(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		assertThat(server.send(server.post(null, CALL)).statusCode()).isEqualTo(401);
	}

	@ParameterizedTest
	@EnumSource
	void furtherEndpointRequiresItsOwnScopes(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		assertChallenged(admin(server, "admin"), "member admin");
		assertChallenged(admin(server, "member"), "admin member");
		assertThat(admin(server, "member", "admin").statusCode()).isEqualTo(200);
	}

	private static String message(String method, String params) {
		return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":" + params + "}";
	}

	private static HttpResponse<String> admin(SecuredServer server, String... scopes) {
		String token = authorizationServer.token(ADMIN).scope(scopes).sign();
		return server.send(server.post(token, LIST).uri(URI.create(server.url("/admin/mcp"))));
	}

	private static void assertChallenged(HttpResponse<String> response, String scope) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(403);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElse(""))
			.startsWith("Bearer error=\"insufficient_scope\", scope=\"" + scope + "\", resource_metadata=");
		assertThat(SecuredServer.json(response).at("/error/code").asInt()).isEqualTo(-32011);
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ RecordsApplication.Records.class, RecordedEvents.class })
	static class RequiredScopesApplication {

	}

}
