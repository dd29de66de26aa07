package io.mcpsecurity.autoconfigure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.autoconfigure.McpSecurityProperties.AuthorizationServer;
import io.mcpsecurity.token.ClaimPointer;
import io.mcpsecurity.token.Provider;
import io.mcpsecurity.token.TokenProfile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * What is configured of an authorization server, and what its provider has.
 */
class TokenProfilesTests {

	private static final String GUID = "10000000-0000-0000-0000-000000000001";

	@ParameterizedTest
	@EnumSource
	void providerHasDocumentedName(Provider provider) {
		assertThat(server("provider", provider.text()).provider()).isEqualTo(provider);
	}

	@ParameterizedTest
	@CsvSource({ "fusionauth, the id of the application", "entra, the application (client) id of the API",
			"cognito, the ids of the app clients" })
	void presetWithoutRequiredAudiencesIsRefused(String provider, String need) {
		Refusal refusal = Refusal.of(catchThrowable(() -> profile("provider", provider)));
		assertThat(refusal.property()).isEqualTo("servers[0].audiences");
		assertThat(refusal.reason()).contains(provider, need);
	}

	@ParameterizedTest
	@CsvSource(textBlock = """
			audiences, ''
			token-types[0], ' '
			refused-claims[0], ' '
			audience-claim, a..b
			claims.scopes, a..b
			claims.client, /
			claims.actor, a.
			scope-prefix, a b
			marks.use[0], ' '
			""")
	void invalidValueIsReportedWithProperty(String name, String value) {
		String property = name.replaceAll("\\[0]", "");
		assertThat(Refusal.of(catchThrowable(() -> {
			profile("provider", "generic", name, value);
			profile("provider", "entra", name, value);
		})).property()).isEqualTo("servers[0]." + property);
	}

	@Test
	void everyPresetValueCanBeOverridden() {
		TokenProfile profile = profile("provider", "okta", "audiences", "https://mcp.example.com/mcp", "audience-claim",
				"resource", "token-types", "application/at+jwt,none", "marks.kind", "a,b", "refused-claims", "idp",
				"scope-prefix", "mcp/", "claims.scopes", "scopes,realm.roles", "claims.client", "app", "claims.actor",
				"/agent", "claims.acr", "acr,amr", "claims.auth-time", "user.auth_time");
		assertThat(profile)
			.isEqualTo(new TokenProfile(List.of("at+jwt", TokenProfile.NO_TYPE), ClaimPointer.of("resource"),
					List.of("https://mcp.example.com/mcp"), Map.of("kind", List.of("a", "b")), List.of("idp"),
					new TokenProfile.Claims(List.of(ClaimPointer.of("scopes"), ClaimPointer.of("realm.roles")),
							List.of(), List.of(ClaimPointer.of("app")), ClaimPointer.of("/agent"),
							List.of(ClaimPointer.of("acr"), ClaimPointer.of("amr")), ClaimPointer.of("user.auth_time"),
							"mcp/", false)));
	}

	@ParameterizedTest
	@CsvSource({ GUID + ", api://" + GUID + "/", "api://mcp, api://mcp/",
			"https://mcp.example.com/, https://mcp.example.com/" })
	void requestedScopesOfEntraHaveAudiencePrefix(String audience, String prefix) {
		TokenProfile profile = profile("provider", "entra", "audiences", audience);
		assertThat(new ScopeCatalogue(Map.of(), TokenProfiles.requestPrefix(List.of(profile)))
			.requested(List.of("records.browse", "openid", "offline_access", "https://other/x")))
			.containsExactly(prefix + "records.browse", "openid", "offline_access", "https://other/x");
	}

	@Test
	void whenRequestPrefixesDifferThenScopesAreRequestedWithoutPrefix() {
		TokenProfile entra = profile("provider", "entra", "audiences", GUID);
		assertThat(TokenProfiles.requestPrefix(List.of(entra, profile("provider", "keycloak")))).isEmpty();
		assertThat(TokenProfiles.requestPrefix(List.of(entra, entra))).isEqualTo("api://" + GUID + "/");
	}

	private static TokenProfile profile(String... properties) {
		return TokenProfiles.of("servers[0]", server(properties));
	}

	private static AuthorizationServer server(String... properties) {
		Map<String, String> source = new LinkedHashMap<>(Map.of("server.issuer", "https://login.example.com"));
		for (int i = 0; i < properties.length; i += 2) {
			source.put("server." + properties[i], properties[i + 1]);
		}
		return new Binder(new MapConfigurationPropertySource(source)).bind("server", AuthorizationServer.class).get();
	}

}
