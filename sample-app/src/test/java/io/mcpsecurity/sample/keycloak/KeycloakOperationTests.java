package io.mcpsecurity.sample.keycloak;

import io.mcpsecurity.sample.OAuthClient;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What happens to a Keycloak in the course of time, while the sample goes on.
 */
class KeycloakOperationTests extends KeycloakTestBase {

	@Test
	void newSigningKeyIsUsedWithoutRestart() {
		String before = token();
		assertThat(browse(before)).succeeded();
		new KeycloakAdmin(keycloak()).rotateSigningKey();
		String after = token();
		assertThat(OAuthClient.header(after).get("kid")).isNotEqualTo(OAuthClient.header(before).get("kid"));
		// Not at once, if keys were fetched a moment ago.
		await().atMost(PATIENCE).untilAsserted(() -> assertThat(browse(after)).succeeded());
		assertThat(browse(before)).succeeded();
	}

	@Test
	void restartOfKeycloakDoesNotAffectSample() {
		String before = token();
		assertThat(browse(before)).succeeded();
		try {
			keycloak().stop();
			assertThat(browse(before)).succeeded();
		}
		finally {
			keycloak().start();
		}
		assertThat(browse(before)).succeeded();
		assertThat(browse(token())).succeeded();
		assertThat(browse(signIn("alice", BROWSE).accessToken())).succeeded();
	}

	private static String token() {
		return client().clientCredentials("analyst-agent:analyst-secret", "scope", BROWSE).accessToken();
	}

}
