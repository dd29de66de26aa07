package io.mcpsecurity.token;

import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;

/**
 * What a signed token must be to count as an access token for this server.
 * <ul>
 * <li>{@code iss} is the issuer, to the letter (RFC 9068 section 4; a trailing slash is
 * part of the name);</li>
 * <li>{@code aud} contains the resource identifier, to the letter (MCP Authorization,
 * "Access Token Usage"; RFC 8707 section 2), or the claim that its {@link TokenProfile}
 * names contains one of the values there;</li>
 * <li>{@code exp} is there and not past, {@code nbf} is not to come, both with the clock
 * skew (RFC 9068 section 4);</li>
 * <li>{@code typ} is that of an access token of its authorization server (RFC 9068
 * section 2.1; RFC 8725 section 3.11), and so are the claims that mark it;</li>
 * <li>it is not evidently an ID token or a refresh token, which the same keys sign;</li>
 * <li>it is not bound to a key or certificate ({@code cnf}, RFC 7800 section 3.1):
 * whoever sends such a token as a bearer token has not shown that it is theirs.</li>
 * </ul>
 */
public final class AccessTokenValidators {

	/** OpenID Connect Core sections 2 and 3.3.2.11: hashes that only ID tokens carry. */
	private static final Set<String> ID_TOKEN_CLAIMS = Set.of("at_hash", "c_hash", "s_hash");

	/**
	 * Claims by which authorization servers mark what a token is, with the values of
	 * access tokens: Keycloak's {@code typ}, Amazon Cognito's {@code token_use},
	 * FusionAuth's {@code tty}, PingAM's {@code tokenName}.
	 */
	private static final Map<String, Set<String>> USE_CLAIMS = Map.of("typ", Set.of("Bearer", "DPoP", "at+jwt", "JWT"),
			"token_use", Set.of("access"), "tty", Set.of("at"), "tokenName", Set.of("access_token"));

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
		return create(issuer, audience, times, Provider.GENERIC.profile());
	}

	/**
	 * All of the rules above, for tokens that look like those of an authorization server.
	 */
	static OAuth2TokenValidator<Jwt> create(String issuer, String resource, TokenTimes times, TokenProfile profile) {
		return new DelegatingOAuth2TokenValidator<>(
				described(TokenFailure.ISSUER, "The token has another issuer", new JwtIssuerValidator(issuer)),
				audience(resource, profile), times, type(profile), AccessTokenValidators::isAccessToken, marks(profile),
				refused(profile), AccessTokenValidators::isUnbound);
	}

	/**
	 * What an answer about an opaque token must say (RFC 7662 section 2.2), besides that
	 * it is active: the same, except that there is no header, and an answer need not name
	 * who gives it. Instead of a mark of its provider, {@code token_type} may tell that
	 * it is an access token; refresh tokens are active as well.
	 */
	static OAuth2TokenValidator<Jwt> forAnswers(String issuer, String resource, TokenTimes times,
			TokenProfile profile) {
		OAuth2TokenValidator<Jwt> marks = profile.marks().isEmpty()
				? (jwt) -> TokenError.result(TokenFailure.TYPE, "The token is not an access token") : marks(profile);
		return new DelegatingOAuth2TokenValidator<>(
				described(TokenFailure.ISSUER, "The token has another issuer", new JwtIssuerValidator(issuer)),
				audience(resource, profile), times, AccessTokenValidators::isAccessToken,
				(jwt) -> jwt.getClaims().get("token_type") instanceof String type && type.equalsIgnoreCase("bearer")
						? OAuth2TokenValidatorResult.success() : marks.validate(jwt),
				refused(profile), AccessTokenValidators::isUnbound);
	}

	/**
	 * Also where another claim than {@code aud} is looked at, {@code aud} must not name
	 * another resource.
	 */
	static OAuth2TokenValidator<Jwt> audience(String resource, TokenProfile profile) {
		Collection<String> accepted = profile.audiences().isEmpty() ? Set.of(resource) : profile.audiences();
		boolean otherClaim = !profile.audienceClaim().equals(TokenProfile.AUD);
		return (jwt) -> {
			boolean meant = names(profile.audienceClaim().read(jwt.getClaims()), accepted);
			Object aud = jwt.getClaims().get("aud");
			boolean meantForOthers = otherClaim && aud != null && !names(aud, Set.of(resource))
					&& !names(aud, accepted);
			return (meant && !meantForOthers) ? OAuth2TokenValidatorResult.success()
					: TokenError.result(TokenFailure.AUDIENCE,
							"The token was not issued for this server (" + profile.audienceClaim().text() + ")");
		};
	}

	private static boolean names(@Nullable Object claim, Collection<String> accepted) {
		return (claim instanceof Collection<?> values) ? values.stream().anyMatch(accepted::contains)
				: claim != null && accepted.contains(claim);
	}

	private static OAuth2TokenValidator<Jwt> type(TokenProfile profile) {
		return (jwt) -> {
			Object type = jwt.getHeaders().get("typ");
			boolean accepted = (type != null) ? profile.types().contains(TokenProfile.type(String.valueOf(type)))
					: profile.types().contains(TokenProfile.NO_TYPE);
			return accepted ? OAuth2TokenValidatorResult.success()
					: TokenError.result(TokenFailure.TYPE, "The token's type is not that of an access token");
		};
	}

	private static OAuth2TokenValidator<Jwt> marks(TokenProfile profile) {
		return (jwt) -> {
			boolean marked = profile.marks().isEmpty() || profile.marks().entrySet().stream().anyMatch((mark) -> {
				Object claim = jwt.getClaims().get(mark.getKey());
				return claim != null && (mark.getValue().contains(TokenProfile.ANY) || names(claim, mark.getValue()));
			});
			return marked ? OAuth2TokenValidatorResult.success()
					: TokenError.result(TokenFailure.TYPE, "The token is not an access token");
		};
	}

	private static OAuth2TokenValidator<Jwt> refused(TokenProfile profile) {
		return (jwt) -> profile.refusedClaims().stream().noneMatch(jwt::hasClaim) ? OAuth2TokenValidatorResult.success()
				: TokenError.result(TokenFailure.TYPE, "The token is not an access token");
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
