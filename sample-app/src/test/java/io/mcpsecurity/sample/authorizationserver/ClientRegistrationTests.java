package io.mcpsecurity.sample.authorizationserver;

import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.OAuthClient.Answer;
import io.mcpsecurity.sample.SampleTestBase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;

/**
 * Clients that register themselves (RFC 7591).
 */
class ClientRegistrationTests extends SampleTestBase {

	private static final String CALLBACK = "http://127.0.0.1:7777/callback";

	@Test
	void onlyBrowseScopeIsRegistered() {
		Answer answer = this.client.register(metadata("scope", BROWSE + " " + EXPORT + " " + PURGE + " openid"));
		assertThat(answer.status()).isEqualTo(201);
		assertThat(answer.body()).containsEntry("scope", BROWSE)
			.containsEntry("client_name", "A client")
			.containsEntry("redirect_uris", List.of(CALLBACK))
			.containsEntry("token_endpoint_auth_method", "none")
			.containsEntry("response_types", List.of("code"))
			.containsKey("client_id")
			.doesNotContainKey("client_secret");
	}

	@Test
	void whenNoScopeThenBrowseIsRegistered() {
		assertThat(this.client.register(metadata("scope", null)).body()).containsEntry("scope", BROWSE);
	}

	@Test
	void grantTypesWithoutUserAreNotRegistered() {
		Map<String, Object> metadata = metadata("grant_types", List.of("authorization_code", "refresh_token",
				"client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"));
		metadata.put("token_endpoint_auth_method", "client_secret_basic");
		Answer answer = this.client.register(metadata);
		assertThat(answer.body()).hasEntrySatisfying("grant_types", (grants) -> assertThat(grants).asInstanceOf(LIST)
			.containsExactlyInAnyOrder("authorization_code", "refresh_token"));
		Answer token = this.client.clientCredentials(answer.text("client_id") + ":" + answer.text("client_secret"),
				"scope", BROWSE, "resource", RESOURCE);
		assertThat(token.body()).containsEntry("error", "unauthorized_client");
	}

	@Test
	void publicClientGetsAuthorizationCodeAndRefreshTokenGrants() {
		Answer answer = this.client.register(metadata("grant_types", List.of("authorization_code", "refresh_token")));
		assertThat(answer.body()).hasEntrySatisfying("grant_types", (grants) -> assertThat(grants).asInstanceOf(LIST)
			.containsExactlyInAnyOrder("authorization_code", "refresh_token"));
	}

	@Test
	void confidentialClientRequiresPkce() {
		Answer answer = this.client.register(metadata("token_endpoint_auth_method", "client_secret_basic"));
		AuthorizationRequest request = new AuthorizationRequest(ISSUER, answer.text("client_id"), CALLBACK)
			.scope(BROWSE)
			.without("code_challenge")
			.without("code_challenge_method");
		try (BrowserSession browser = browser()) {
			assertThat(browser.authorize(request, "alice", BROWSE)).containsEntry("error", "invalid_request")
				.doesNotContainKey("code");
		}
	}

	@Test
	void consentIsRequiredForEachAuthorization() {
		AuthorizationRequest request = new AuthorizationRequest(ISSUER, this.client.register(CALLBACK, BROWSE),
				CALLBACK)
			.scope(BROWSE)
			.resource(RESOURCE);
		try (BrowserSession browser = browser()) {
			assertThat(browser.authorize(request, "alice", BROWSE)).containsKey("code");
			browser.consentPage(request, "alice");
			assertThat(browser.answered()).isFalse();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://app.example/callback", "https://app.example:8443/callback?x=y",
			"http://localhost:1234/callback", "http://127.0.0.1:1234/callback", "http://[::1]:1234/callback",
			"http://localhost/", "cursor://anysphere.cursor-mcp/oauth/callback", "vscode://vscode.example/callback" })
	void httpsLoopbackOrPrivateUseRedirectUriIsRegistered(String redirectUri) {
		assertThat(this.client.register(metadata("redirect_uris", List.of(redirectUri))).status()).isEqualTo(201);
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://app.example/callback", "http://localhost.evil.example/callback",
			"http://127.0.0.1.evil.example/", "https://app.example/callback#fragment", "https://app.example/#",
			"javascript:alert(1)", "JavaScript://localhost/%0aalert(1)", "data:text/html,x", "vbscript:x",
			"file:///etc/passwd", "app://callback", "com.example.app:/callback", "/callback", "//app.example/callback",
			"https:app.example", "https:///callback", "https://user@app.example/callback",
			"http://localhost@evil.example/", "https://app.example/call back", "https://app.example\\@evil.example/",
			"https://\u0430pp.example/callback", "https://app.example/;\u0430", "" })
	void otherRedirectUriIsRefused(String redirectUri) {
		Answer answer = this.client.register(metadata("redirect_uris", List.of(CALLBACK, redirectUri)));
		assertThat(answer.status()).isEqualTo(400);
		assertThat(answer.body()).containsEntry("error", "invalid_redirect_uri");
	}

	@Test
	void registrationWithoutRedirectUriIsRefused() {
		assertThat(this.client.register(metadata("redirect_uris", null)).status()).isEqualTo(400);
		assertThat(this.client.register(metadata("redirect_uris", List.of())).status()).isEqualTo(400);
	}

	@Test
	void tooManyOrTooLongRedirectUrisAreRefused() {
		assertThat(this.client.register(metadata("redirect_uris", Collections.nCopies(11, CALLBACK))).body())
			.containsEntry("error", "invalid_redirect_uri");
		assertThat(this.client.register(metadata("redirect_uris", List.of("https://app.example/" + "x".repeat(500))))
			.body()).containsEntry("error", "invalid_redirect_uri");
	}

	@ParameterizedTest
	@ValueSource(strings = { "Trusted\u202Eclient", "A\u200Bclient", "A\nclient", "A\u2028client", "A\u0000client" })
	void invisibleCharactersInTheNameAreRefused(String name) {
		assertThat(this.client.register(metadata("client_name", name)).body()).containsEntry("error",
				"invalid_client_metadata");
	}

	@Test
	void longNameIsRefused() {
		Answer answer = this.client.register(metadata("client_name", "x".repeat(10 * 1024)));
		assertThat(answer.status()).isEqualTo(400);
		assertThat(answer.body()).containsEntry("error", "invalid_client_metadata");
	}

	@Test
	void largeRequestIsRefused() {
		Answer answer = this.client.register(metadata("software_statement", "x".repeat(20 * 1024)));
		assertThat(answer.status()).isEqualTo(400);
		assertThat(answer.body()).containsEntry("error", "invalid_request");
	}

	@Test
	void unknownMetadataIsIgnored() {
		assertThat(this.client.register(metadata("logo_uri", "https://app.example/logo")).status()).isEqualTo(201);
	}

	@Test
	void otherAuthenticationMethodsGrantTypesAndResponseTypesAreRefused() {
		assertThat(this.client.register(metadata("token_endpoint_auth_method", "private_key_jwt")).body())
			.containsEntry("error", "invalid_client_metadata");
		assertThat(this.client.register(metadata("grant_types", List.of("client_credentials"))).body())
			.containsEntry("error", "invalid_client_metadata");
		assertThat(this.client.register(metadata("response_types", List.of("token"))).body()).containsEntry("error",
				"invalid_client_metadata");
	}

	private static Map<String, Object> metadata(String name, Object value) {
		Map<String, Object> metadata = new HashMap<>(Map.of("client_name", "A client", "redirect_uris",
				List.of(CALLBACK), "grant_types", List.of("authorization_code", "refresh_token"), "response_types",
				List.of("code"), "token_endpoint_auth_method", "none"));
		metadata.put(name, value);
		if (value == null) {
			metadata.remove(name);
		}
		return metadata;
	}

}
