package io.mcpsecurity.test;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The shapes of access tokens: the {@code typ} header and the claims for audience, client
 * and scopes. The names are those of the providers in
 * {@code mcp-security.authorization-servers[].provider}.
 */
public enum TokenShape {

	/** The JWT profile for access tokens (RFC 9068). */
	GENERIC("at+jwt"),

	/** Keycloak. */
	KEYCLOAK("JWT"),

	/** ThunderID. */
	THUNDERID("at+jwt"),

	/** FusionAuth. The audience is the id of the application. */
	FUSIONAUTH("JWT"),

	/** PingOne Advanced Identity Cloud and PingAM. */
	PING_AIC("JWT"),

	/** PingOne. */
	PINGONE(null),

	/** Okta. */
	OKTA(null),

	/**
	 * Microsoft Entra ID, version 2.0. The audience is the application (client) id of the
	 * API.
	 */
	ENTRA("JWT"),

	/** Auth0, its own profile. */
	AUTH0("JWT"),

	/**
	 * Amazon Cognito, without a requested resource. There is no {@code aud}; the audience
	 * is the client, unless another client is set.
	 */
	COGNITO(null),

	/** Spring Authorization Server. */
	SPRING(null);

	private final @Nullable String type;

	TokenShape(@Nullable String type) {
		this.type = type;
	}

	@Nullable String type() {
		return this.type;
	}

	Map<String, Object> claims(String issuer, String audience, @Nullable String clientId, List<String> scopes) {
		String client = (clientId != null) ? clientId : "test-client";
		String scope = String.join(" ", scopes);
		return switch (this) {
			case GENERIC, THUNDERID, PINGONE -> Map.of("aud", audience, "client_id", client, "scope", scope);
			case KEYCLOAK ->
				Map.of("typ", "Bearer", "aud", List.of("account", audience), "azp", client, "scope", scope);
			case FUSIONAUTH -> Map.of("tty", "at", "aud", audience, "applicationId", client, "scope", scope);
			case PING_AIC -> Map.of("tokenName", "access_token", "aud", audience, "client_id", client, "scope", scopes);
			case OKTA -> Map.of("ver", 1, "aud", audience, "cid", client, "uid", "00u1", "scp", scopes);
			case ENTRA ->
				Map.of("ver", "2.0", "aud", audience, "azp", client, "oid", "user", "tid", "tenant", "scp", scope);
			case AUTH0 -> Map.of("aud", List.of(audience, issuer + "userinfo"), "azp", client, "scope", scope);
			case COGNITO ->
				Map.of("token_use", "access", "client_id", (clientId != null) ? clientId : audience, "scope", scope);
			case SPRING -> Map.of("aud", audience, "client_id", client, "scope", scopes);
		};
	}

}
