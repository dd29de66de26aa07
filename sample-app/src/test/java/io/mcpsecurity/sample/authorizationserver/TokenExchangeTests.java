package io.mcpsecurity.sample.authorizationserver;

import java.util.List;
import java.util.Map;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.OAuthClient;
import io.mcpsecurity.sample.OAuthClient.Answer;
import io.mcpsecurity.sample.SampleTestBase;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.MAP;
import static org.awaitility.Awaitility.await;

/**
 * Agents that act for a user, by token exchange (RFC 8693).
 */
class TokenExchangeTests extends SampleTestBase {

	private static final String ADMIN = "admin-agent:admin-secret";

	private static final String ANALYST = "analyst-agent:analyst-secret";

	private static final String TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

	private static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

	@Test
	void exchangedTokenContainsActor() {
		String subject = subjectToken();
		String actor = this.client.clientCredentials(ADMIN, "scope", BROWSE, "resource", RESOURCE).accessToken();
		Answer tokens = exchange(subject, "scope", BROWSE, "resource", RESOURCE, "actor_token", actor,
				"actor_token_type", ACCESS_TOKEN);
		assertThat(tokens.claims()).containsEntry("sub", "alice")
			.containsEntry("client_id", "admin-agent")
			.containsEntry("act", Map.of("iss", ISSUER, "sub", "admin-agent"));
		assertThat(tokens.audience()).containsExactly(RESOURCE);
	}

	@Test
	void exchangeDoesNotExceedScopesOfSubjectToken() {
		String subject = subjectToken();
		assertThat(exchange(subject, "scope", BROWSE + " " + PURGE, "resource", RESOURCE).body()).containsEntry("error",
				"invalid_scope");
		assertThat(exchange(subject, "resource", RESOURCE).scopes()).containsExactly(BROWSE);
	}

	@Test
	void exchangeForUnknownTargetIsRefused() {
		String subject = subjectToken();
		assertThat(exchange(subject, "resource", "https://other.example/").body()).containsEntry("error",
				"invalid_target");
		assertThat(exchange(subject, "audience", "https://other.example/").body()).containsEntry("error",
				"invalid_target");
	}

	@Test
	void exchangeWithoutTargetHasAgentAsAudience() {
		String subject = subjectToken();
		assertThat(exchange(subject).audience()).containsExactly("admin-agent");
	}

	@Test
	void auditEventContainsUserActorsAndClient() {
		String analyst = this.client.clientCredentials(ANALYST, "scope", BROWSE, "resource", RESOURCE).accessToken();
		String once = exchangeAs(ANALYST, subjectToken(), "scope", BROWSE, "resource", RESOURCE, "actor_token", analyst,
				"actor_token_type", ACCESS_TOKEN)
			.accessToken();
		String admin = this.client.clientCredentials(ADMIN, "scope", BROWSE, "resource", RESOURCE).accessToken();
		String twice = exchange(once, "scope", BROWSE, "resource", RESOURCE, "actor_token", admin, "actor_token_type",
				ACCESS_TOKEN)
			.accessToken();
		String tokenId = (String) OAuthClient.claims(twice).get("jti");
		try (McpSyncClient mcp = mcpClient(() -> twice)) {
			mcp.initialize();
			mcp.callTool(CallToolRequest.builder("browse_records").arguments(Map.of()).build());
		}
		await().untilAsserted(() -> assertThat(auditEvents(tokenId)).singleElement(as(MAP))
			.containsEntry("subject", "alice")
			.containsEntry("issuer", ISSUER)
			.containsEntry("client", "admin-agent")
			.containsEntry("actors",
					List.of(Map.of("subject", "admin-agent", "issuer", ISSUER),
							Map.of("subject", "analyst-agent", "issuer", ISSUER)))
			.containsEntry("actorsTruncated", false)
			.containsEntry("outcome", "success"));
	}

	private List<Object> auditEvents(String tokenId) {
		Answer events = this.client.getAs("bob:bob", "/actuator/auditevents?principal=alice&type=MCP_CALL");
		return ((List<?>) events.body().get("events")).stream()
			.<Object>map((event) -> ((Map<?, ?>) event).get("data"))
			.filter((data) -> tokenId.equals(((Map<?, ?>) data).get("tokenId")))
			.toList();
	}

	private Answer exchange(String subjectToken, String... more) {
		return exchangeAs(ADMIN, subjectToken, more);
	}

	private Answer exchangeAs(String agent, String subjectToken, String... more) {
		String[] form = new String[6 + more.length];
		List.of("grant_type", TOKEN_EXCHANGE, "subject_token", subjectToken, "subject_token_type", ACCESS_TOKEN)
			.toArray(form);
		System.arraycopy(more, 0, form, 6, more.length);
		return this.client.token(agent, form);
	}

	private String subjectToken() {
		AuthorizationRequest request = inspectorRequest(BROWSE, EXPORT);
		try (BrowserSession browser = browser()) {
			return this.client.redeem(request, browser.authorize(request, "alice", BROWSE).get("code")).accessToken();
		}
	}

}
