package io.mcpsecurity.handler;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.mcpsecurity.InsufficientUserAuthenticationException;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.RequiresAuthentication;
import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RecordedEvents;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TokenShape;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Targets that require an authentication of the user (RFC 9470).
 */
class StepUpAuthenticationTests {

	private static final Map<Protocol, SecuredServer> servers = new EnumMap<>(Protocol.class);

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer needToKnow;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Protocol protocol : Protocol.values()) {
			servers.put(protocol, start("spring.ai.mcp.server.protocol=" + protocol));
		}
		needToKnow = start("spring.ai.mcp.server.protocol=STATELESS", "mcp-security.policy.visibility=need-to-know",
				"mcp-security.authorization-servers[0].issuer=" + authorizationServer.issuer(),
				"mcp-security.authorization-servers[0].provider=entra",
				"mcp-security.authorization-servers[0].audiences=api://mcp");
	}

	private static SecuredServer start(String... properties) {
		String[] all = Stream
			.concat(Stream.of("mcp-security.policy.default-access=authenticated",
					"mcp-security.policy.rules[0].tools=configured", "mcp-security.policy.rules[0].scopes=a",
					"mcp-security.policy.rules[0].acr=gold,platinum", "mcp-security.policy.rules[0].max-age=5m",
					"mcp-security.policy.rules[1].tools=annotated", "mcp-security.policy.rules[1].scopes=a",
					"mcp-security.policy.rules[2].resources=docs://secret/*", "mcp-security.policy.rules[2].acr=gold",
					"mcp-security.policy.rules[3].tools=replaced", "mcp-security.policy.rules[3].acr=silver",
					"mcp-security.policy.rules[4].tools=opened", "mcp-security.policy.rules[4].access=public",
					"mcp-security.policy.scope-template=tool:{name}"), Stream.of(properties))
			.toArray(String[]::new);
		return SecuredServer.start(StepUpAuthenticationApplication.class, authorizationServer, all);
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		needToKnow.close();
		authorizationServer.close();
	}

	/**
	 * The age of the authentication in seconds, or empty without {@code auth_time}. The
	 * clock skew is 60 seconds.
	 */
	@ParameterizedTest
	@CsvSource({ "gold, 10, 200", "platinum, 10, 200", "gold, 330, 200", "gold, -30, 200", // good
			"silver, 10, 401", ", 10, 401", "GOLD, 10, 401", "gold, 400, 401", "gold, , 401", "gold, -90, 401" })
	void callNeedsAcrAndRecentAuthentication(@Nullable String acr, @Nullable Long age, int status) {
		for (SecuredServer server : servers.values()) {
			HttpResponse<String> response = server.callTool(token(server, acr, age, "a").sign(), "configured", "{}");
			assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
			assertThat(server.send(server.modern(token(server, acr, age, "a").sign(), "tools/call",
					"{\"name\":\"configured\",\"arguments\":{}}"))
				.statusCode()).isEqualTo(status);
		}
	}

	@ParameterizedTest
	@EnumSource
	void challengeHasParametersOfRfc9470AndMetadata(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		String metadata = server.url("/.well-known/oauth-protected-resource/mcp");
		HttpResponse<String> response = server.callTool(token(server, "silver", 10L, "a").sign(), "configured", "{}");
		assertThat(response.headers().allValues("WWW-Authenticate")).containsExactly(
				"Bearer error=\"insufficient_user_authentication\", acr_values=\"gold platinum\", max_age=\"300\", "
						+ "scope=\"a\", resource_metadata=\"" + metadata
						+ "\", error_description=\"The user must sign in again at another level, at most 300 seconds ago\"");
		assertThat(SecuredServer.json(response).at("/error/code").asInt()).isEqualTo(-32014);
	}

	@ParameterizedTest
	@EnumSource
	void missingScopesAreInTheSameChallenge(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		HttpResponse<String> response = server.callTool(token(server, "silver", 10L, "b").sign(), "configured", "{}");
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(challenge(response)).contains("acr_values=\"gold platinum\"", "scope=\"a\"");
		response = server.callTool(token(server, "gold", 10L, "b").sign(), "configured", "{}");
		assertThat(response.statusCode()).isEqualTo(403);
		assertThat(challenge(response)).contains("insufficient_scope").doesNotContain("acr_values");
	}

	/**
	 * The scopes are those of other rules, and not lost by the annotation or by a rule.
	 */
	@ParameterizedTest
	@CsvSource({ "annotated, a, gold, 200", "annotated, a, silver, 401", "annotated, x, gold, 403",
			"convention, tool:convention, gold, 200", "convention, x, gold, 403",
			"convention, tool:convention, silver, 401", "replaced, tool:replaced, silver, 200",
			"replaced, tool:replaced, gold, 401", "replaced, x, silver, 403", "opened, x, gold, 200",
			"opened, x, silver, 401", "meta, tool:meta, gold, 200", "meta, tool:meta, silver, 401" })
	void scopesAndAuthenticationAreBothRequired(String tool, String scope, String acr, int status) {
		for (SecuredServer server : servers.values()) {
			HttpResponse<String> response = server.callTool(token(server, acr, 10L, scope).sign(), tool, "{}");
			assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
		}
	}

	@Test
	void publicToolWithAuthenticationNeedsToken() {
		SecuredServer server = servers.get(Protocol.STATELESS);
		HttpResponse<String> response = server.send(server.post(null,
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"opened\"}}"));
		assertThat(response.statusCode()).isEqualTo(401);
		// RFC 6750 section 3.1: no error code without a token.
		assertThat(challenge(response)).startsWith("Bearer resource_metadata=");
	}

	@ParameterizedTest
	@CsvSource({ "docs://secret/x, gold, 10, 200", "docs://secret/x, silver, 10, 401",
			"docs://secret/x, gold, 5000, 401", "docs://other/x, silver, 10, 200",
			"docs://other/x, silver, 5000, 401" })
	void uriAndTemplateAreBothRequired(String uri, String acr, long age, int status) {
		for (SecuredServer server : servers.values()) {
			HttpResponse<String> response = server.call(token(server, acr, age).sign(), "resources/read",
					"{\"uri\":\"" + uri + "\"}");
			assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
		}
	}

	@ParameterizedTest
	@EnumSource
	void promptRequiresAuthentication(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		assertThat(server.call(token(server, "silver", 10L).sign(), "prompts/get", "{\"name\":\"ask\"}").statusCode())
			.isEqualTo(401);
		assertThat(server.call(token(server, "gold", 10L).sign(), "prompts/get", "{\"name\":\"ask\"}").statusCode())
			.isEqualTo(200);
	}

	@ParameterizedTest
	@EnumSource
	void handlerChallengesForAuthentication(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		HttpResponse<String> response = server.callTool(token(server, "silver", 10L, "tool:transfer").sign(),
				"transfer", "{}");
		assertThat(response.statusCode()).as(response.body()).isEqualTo(401);
		assertThat(challenge(response)).contains("acr_values=\"gold\", max_age=\"60\"");
		assertThat(SecuredServer
			.text(server.callTool(token(server, "gold", 10L, "tool:transfer").sign(), "transfer", "{}")))
			.isEqualTo("transferred");
	}

	@ParameterizedTest
	@EnumSource
	void listingNamesAuthentication(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		JsonNode tool = tool(server, token(server, null, null).sign(), "configured");
		assertThat(tool.at("/_meta/io.mcpsecurity~1authentication").toString())
			.isEqualTo("{\"acr_values\":\"gold platinum\",\"max_age\":300}");
	}

	/** With Entra ID, authentication contexts are in {@code acrs}. */
	@Test
	void needToKnowHidesWhatLacksAuthentication() {
		String weak = entra("c1").sign();
		String strong = entra("c1", "gold").sign();
		assertThat(tool(needToKnow, weak, "configured").isMissingNode()).isTrue();
		assertThat(tool(needToKnow, strong, "configured").isMissingNode()).isFalse();
		String unknown = needToKnow.callTool(weak, "unknown-x", "{}").body();
		HttpResponse<String> hidden = needToKnow.callTool(weak, "configured", "{}");
		assertThat(hidden.headers().firstValue("WWW-Authenticate")).isEmpty();
		assertThat(hidden.body()).isEqualTo(unknown.replace("unknown-x", "configured"));
		assertThat(needToKnow.callTool(strong, "configured", "{}").statusCode()).isEqualTo(200);
	}

	@ParameterizedTest
	@EnumSource
	void denialIsRecorded(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		List<McpAuditEvent> events = server.context().getBean(RecordedEvents.class).list();
		int before = events.size();
		server.callTool(token(server, "silver", 10L, "a").sign(), "configured", "{}");
		await().until(() -> events.size() > before);
		assertThat(events.get(events.size() - 1).data()).containsEntry("decision", "denied")
			.containsEntry("reason", "insufficient_user_authentication")
			.containsEntry("requiredAuthentication", "acr one of [gold, platinum] and signed in within 300s")
			.containsEntry("httpStatus", 401);
	}

	private static TestAuthorizationServer.Token token(SecuredServer server, @Nullable String acr, @Nullable Long age,
			String... scopes) {
		return server.token(scopes)
			.claim("acr", acr)
			.claim("auth_time", (age != null) ? Instant.now().getEpochSecond() - age : null);
	}

	private static TestAuthorizationServer.Token entra(String... contexts) {
		return authorizationServer.token("api://mcp")
			.shape(TokenShape.ENTRA)
			.scope("a")
			.claim("acr", "gold")
			.claim("acrs", List.of(contexts))
			.claim("auth_time", Instant.now().getEpochSecond());
	}

	private static String challenge(HttpResponse<String> response) {
		return response.headers().firstValue("WWW-Authenticate").orElse("");
	}

	private static JsonNode tool(SecuredServer server, String token, String name) {
		for (JsonNode tool : SecuredServer.json(server.call(token, "tools/list", "{}")).at("/result/tools")) {
			if (tool.path("name").asString().equals(name)) {
				return tool;
			}
		}
		return MissingNode.getInstance();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ Tools.class, RecordedEvents.class })
	static class StepUpAuthenticationApplication {

	}

	@Retention(RetentionPolicy.RUNTIME)
	@RequiresAuthentication(acr = "gold")
	@interface Gold {

	}

	static class Tools {

		@McpTool(name = "configured")
		String configured() {
			return "done";
		}

		@McpTool(name = "annotated")
		@RequiresScope("replaced-by-configuration")
		@RequiresAuthentication(acr = "gold", maxAge = "300")
		String annotated() {
			return "done";
		}

		@McpTool(name = "convention", annotations = @McpTool.McpAnnotations(destructiveHint = false))
		@RequiresAuthentication(acr = "gold", maxAge = "5m")
		String convention() {
			return "done";
		}

		@McpTool(name = "replaced")
		@RequiresAuthentication(acr = "gold")
		String replaced() {
			return "done";
		}

		@McpTool(name = "opened")
		@RequiresAuthentication(acr = "gold")
		String opened() {
			return "done";
		}

		@McpTool(name = "meta")
		@Gold
		String meta() {
			return "done";
		}

		@McpTool(name = "transfer")
		String transfer(McpCaller caller) {
			if (!caller.acr().contains("gold")) {
				throw new InsufficientUserAuthenticationException(List.of("gold"), Duration.ofMinutes(1));
			}
			return "transferred";
		}

		@McpResource(uri = "docs://{folder}/{file}", name = "docs")
		@RequiresAuthentication(maxAge = "1h")
		String docs(String folder, String file) {
			return folder + file;
		}

		@McpPrompt(name = "ask")
		@RequiresAuthentication(acr = "gold")
		String ask() {
			return "Ask";
		}

	}

}
