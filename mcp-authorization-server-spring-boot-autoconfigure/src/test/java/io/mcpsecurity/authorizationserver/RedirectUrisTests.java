package io.mcpsecurity.authorizationserver;

import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Redirect URIs with private-use schemes.
 */
class RedirectUrisTests {

	private final RedirectUris redirectUris = new RedirectUris(Set.of("cursor", "com.example.app"));

	@ParameterizedTest
	@ValueSource(strings = { "cursor://anysphere.cursor-mcp/oauth/callback", "com.example.app:/callback",
			"cursor://host/path?x=y" })
	void listedPrivateUseSchemeIsAcceptable(String redirectUri) {
		assertThat(this.redirectUris.isAcceptable(redirectUri)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "vscode://vscode.example/callback", "cursor:callback", "cursor://host/path#fragment",
			"cursor://user@host/path", "CURSOR://host/path", "javascript://host/%0aalert(1)", "data:text/html,x",
			"cursor" })
	void otherSchemeIsNotAcceptable(String redirectUri) {
		assertThat(this.redirectUris.isAcceptable(redirectUri)).isFalse();
	}

	@Test
	void usersSeeTheScheme() {
		String redirectUri = "cursor://login.example/callback";
		assertThat(RedirectUris.destination(redirectUri)).contains("on your device", "cursor:")
			.doesNotContain("login.example");
		assertThat(RedirectUris.contentSecurityPolicySource(redirectUri)).isEqualTo("cursor:");
	}

}
