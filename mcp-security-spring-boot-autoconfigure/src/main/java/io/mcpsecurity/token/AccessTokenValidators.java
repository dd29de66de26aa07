package io.mcpsecurity.token;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtAudienceValidator;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTypeValidator;

/**
 * What a signed token must be to count as an access token for this server.
 * <ul>
 * <li>{@code iss} is the issuer, to the letter (RFC 9068 section 4; a trailing slash is
 * part of the name);</li>
 * <li>{@code aud} contains the resource identifier, to the letter (MCP Authorization,
 * "Access Token Usage"; RFC 8707 section 2);</li>
 * <li>{@code exp} is there and not past, {@code nbf} is not to come, both with the clock
 * skew (RFC 9068 section 4);</li>
 * <li>{@code typ} is that of an access token or a plain JWT (RFC 9068 section 2.1; RFC
 * 8725 section 3.11);</li>
 * <li>it is not evidently an ID token or a refresh token, which the same keys sign;</li>
 * <li>it is not bound to a key or certificate ({@code cnf}, RFC 7800 section 3.1):
 * whoever sends such a token as a bearer token has not shown that it is theirs.</li>
 * </ul>
 */
public final class AccessTokenValidators {

	private static final List<String> TYPES = List.of("JWT", "at+jwt", "application/at+jwt");

	/** OpenID Connect Core sections 2 and 3.3.2.11: hashes that only ID tokens carry. */
	private static final Set<String> ID_TOKEN_CLAIMS = Set.of("at_hash", "c_hash", "s_hash");

	/**
	 * Claims by which authorization servers mark what a token is, with the values of
	 * access tokens: Keycloak's {@code typ}, Amazon Cognito's {@code token_use}.
	 */
	private static final Map<String, Set<String>> USE_CLAIMS = Map.of("typ", Set.of("Bearer", "DPoP", "at+jwt", "JWT"),
			"token_use", Set.of("access"));

	private AccessTokenValidators() {
	}

	/**
	 * All of the rules above.
	 * @param issuer the issuer identifier
	 * @param audience the resource identifier of this server
	 * @param clockSkew how far clocks may differ, not negative
	 */
	public static OAuth2TokenValidator<Jwt> create(String issuer, String audience, Duration clockSkew) {
		return create(issuer, audience, new TokenTimes(clockSkew, Clock.systemUTC()));
	}

	static OAuth2TokenValidator<Jwt> create(String issuer, String audience, TokenTimes times) {
		JwtTypeValidator type = new JwtTypeValidator(TYPES);
		type.setAllowEmpty(true);
		return new DelegatingOAuth2TokenValidator<>(
				described(TokenFailure.ISSUER, "The token has another issuer", new JwtIssuerValidator(issuer)),
				described(TokenFailure.AUDIENCE, "The token was not issued for this server (aud)",
						new JwtAudienceValidator(audience)),
				times, described(TokenFailure.TYPE, "The token's type is not that of an access token", type),
				AccessTokenValidators::isAccessToken, AccessTokenValidators::isUnbound);
	}

	private static OAuth2TokenValidatorResult isAccessToken(Jwt jwt) {
		boolean idToken = ID_TOKEN_CLAIMS.stream().anyMatch(jwt::hasClaim)
				|| (jwt.hasClaim("nonce") && !jwt.hasClaim("scope") && !jwt.hasClaim("scp"));
		boolean otherUse = USE_CLAIMS.entrySet()
			.stream()
			.anyMatch((use) -> jwt.hasClaim(use.getKey())
					&& !use.getValue().contains(String.valueOf(jwt.getClaims().get(use.getKey()))));
		return (idToken || otherUse) ? TokenError.result(TokenFailure.TYPE, "The token is not an access token")
				: OAuth2TokenValidatorResult.success();
	}

	private static OAuth2TokenValidatorResult isUnbound(Jwt jwt) {
		return jwt.hasClaim("cnf")
				? TokenError.result(TokenFailure.BOUND, "The token is bound to a key and is no bearer token")
				: OAuth2TokenValidatorResult.success();
	}

	/**
	 * Spring's validators answer with texts that name claims and values in their own
	 * words; here each gets one sentence that a client's developer can act upon.
	 */
	private static OAuth2TokenValidator<Jwt> described(TokenFailure failure, String description,
			OAuth2TokenValidator<Jwt> validator) {
		return (jwt) -> validator.validate(jwt).hasErrors() ? TokenError.result(failure, description)
				: OAuth2TokenValidatorResult.success();
	}

}
