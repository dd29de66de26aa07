package io.mcpsecurity.sample.authorizationserver;

import java.util.List;
import java.util.Map;

import io.mcpsecurity.sample.OAuthClient.Answer;
import io.mcpsecurity.sample.SampleTestBase;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;

/**
 * What the metadata tells (RFC 8414, and what MCP clients look for in it).
 */
class ServerMetadataTests extends SampleTestBase {

	private final Map<String, Object> metadata = this.client.get("/.well-known/oauth-authorization-server").body();

	@Test
	void metadataContainsIssuerAndEndpoints() {
		assertThat(this.metadata).containsEntry("issuer", ISSUER)
			.containsEntry("authorization_endpoint", ISSUER + "/oauth2/authorize")
			.containsEntry("token_endpoint", ISSUER + "/oauth2/token")
			.containsEntry("registration_endpoint", ISSUER + "/oauth2/register")
			.containsEntry("jwks_uri", ISSUER + "/oauth2/jwks");
	}

	@Test
	void metadataContainsScopesAndResource() {
		assertThat(this.metadata).containsEntry("scopes_supported", List.of(BROWSE, EXPORT, PURGE))
			.containsEntry("protected_resources", List.of(RESOURCE));
	}

	@Test
	void metadataContainsPublicClientAuthenticationAndS256() {
		assertThat(this.metadata)
			.containsEntry("token_endpoint_auth_methods_supported",
					List.of("client_secret_basic", "client_secret_post", "none"))
			.containsEntry("code_challenge_methods_supported", List.of("S256"));
	}

	@Test
	void metadataContainsIssParameterSupport() {
		assertThat(this.metadata).containsEntry("authorization_response_iss_parameter_supported", true);
	}

	@Test
	void metadataContainsGrantTypes() {
		assertThat(this.metadata).hasEntrySatisfying("grant_types_supported",
				(grants) -> assertThat(grants).asInstanceOf(LIST)
					.contains("authorization_code", "refresh_token", "client_credentials"));
	}

	@Test
	void metadataContainsNoCertificateBoundTokens() {
		assertThat(this.metadata).doesNotContainKey("tls_client_certificate_bound_access_tokens");
	}

	@Test
	void jwksContainsNoPrivateParts() {
		@SuppressWarnings("unchecked")
		List<Map<String, Object>> keys = (List<Map<String, Object>>) this.client.get("/oauth2/jwks").body().get("keys");
		assertThat(keys).singleElement()
			.satisfies((key) -> assertThat(key).containsEntry("kty", "RSA")
				.containsKeys("n", "e", "kid")
				.doesNotContainKeys("d", "p", "q"));
	}

	@Test
	void otherMetadataIsNotFound() {
		Answer answer = this.client.get("/.well-known/openid-configuration");
		assertThat(answer.status()).isEqualTo(404);
	}

}
