package io.mcpsecurity.sample.authorizationserver;

import java.util.Map;

import io.mcpsecurity.sample.OAuthClient;
import io.mcpsecurity.sample.OAuthClient.Answer;
import io.mcpsecurity.sample.SampleTestBase;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Agents that act for themselves.
 */
class ClientCredentialsTests extends SampleTestBase {

	private static final String ANALYST = "analyst-agent:analyst-secret";

	private static final String ADMIN = "admin-agent:admin-secret";

	@Test
	void analystAgentGetsTokenForItself() {
		Answer tokens = this.client.clientCredentials(ANALYST, "scope", BROWSE + " " + EXPORT, "resource", RESOURCE);
		assertThat(OAuthClient.header(tokens.accessToken())).containsEntry("typ", "at+jwt");
		Map<String, Object> claims = tokens.claims();
		assertThat(claims).containsEntry("sub", "analyst-agent").containsEntry("client_id", "analyst-agent");
		assertThat(tokens.audience()).containsExactly(RESOURCE);
		assertThat(tokens.scopes()).containsExactlyInAnyOrder(BROWSE, EXPORT);
	}

	@Test
	void adminAgentGetsAllScopes() {
		Answer tokens = this.client.clientCredentials(ADMIN, "scope", BROWSE + " " + EXPORT + " " + PURGE, "resource",
				RESOURCE);
		assertThat(tokens.scopes()).containsExactlyInAnyOrder(BROWSE, EXPORT, PURGE);
	}

	@Test
	void analystAgentDoesNotGetPurgeScope() {
		assertThat(this.client.clientCredentials(ANALYST, "scope", PURGE, "resource", RESOURCE).body())
			.containsEntry("error", "invalid_scope");
	}

	@Test
	void whenNoScopeThenTokenHasNoScope() {
		assertThat(this.client.clientCredentials(ADMIN, "resource", RESOURCE).claims()).doesNotContainKey("scope");
	}

	@Test
	void whenNoResourceThenAudienceIsAgent() {
		assertThat(this.client.clientCredentials(ANALYST, "scope", BROWSE).audience()).containsExactly("analyst-agent");
	}

	@Test
	void wrongSecretIsRefused() {
		assertThat(this.client.clientCredentials("analyst-agent:wrong", "scope", BROWSE).status()).isEqualTo(401);
	}

	@Test
	void agentsCannotUseAuthorizationEndpoint() {
		assertThat(this.client.get("/oauth2/authorize?response_type=code&client_id=analyst-agent&scope=" + BROWSE)
			.status()).isEqualTo(400);
	}

}
