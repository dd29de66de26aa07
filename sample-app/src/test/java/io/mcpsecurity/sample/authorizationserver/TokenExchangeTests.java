package io.mcpsecurity.sample.authorizationserver;

import java.util.List;
import java.util.Map;

import io.mcpsecurity.sample.SampleTestBase;
import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.OAuthClient.Answer;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Agents that act for a user, by token exchange (RFC 8693).
 */
class TokenExchangeTests extends SampleTestBase {

	private static final String ADMIN = "admin-agent:admin-secret";

	private static final String TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

	private static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

	@Test
	void exchangedTokenNamesTheActor() {
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
	void exchangeDoesNotWidenTheSubjectToken() {
		String subject = subjectToken();
		assertThat(exchange(subject, "scope", BROWSE + " " + PURGE, "resource", RESOURCE).body()).containsEntry("error",
				"invalid_scope");
		assertThat(exchange(subject, "resource", RESOURCE).scopes()).containsExactly(BROWSE);
	}

	@Test
	void exchangeForAnUnknownTargetIsRefused() {
		String subject = subjectToken();
		assertThat(exchange(subject, "resource", "https://other.example/").body()).containsEntry("error",
				"invalid_target");
		assertThat(exchange(subject, "audience", "https://other.example/").body()).containsEntry("error",
				"invalid_target");
	}

	@Test
	void exchangeWithoutTargetIsForTheAgentOnly() {
		String subject = subjectToken();
		assertThat(exchange(subject).audience()).containsExactly("admin-agent");
	}

	private Answer exchange(String subjectToken, String... more) {
		String[] form = new String[6 + more.length];
		List.of("grant_type", TOKEN_EXCHANGE, "subject_token", subjectToken, "subject_token_type", ACCESS_TOKEN)
			.toArray(form);
		System.arraycopy(more, 0, form, 6, more.length);
		return this.client.token(ADMIN, form);
	}

	private String subjectToken() {
		AuthorizationRequest request = inspectorRequest(BROWSE, EXPORT);
		try (BrowserSession browser = browser()) {
			return this.client.redeem(request, browser.authorize(request, "alice", BROWSE).get("code")).accessToken();
		}
	}

}
