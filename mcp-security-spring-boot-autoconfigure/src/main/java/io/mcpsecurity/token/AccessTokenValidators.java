package io.mcpsecurity.token;

import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

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
 * <li>it is not evidently an ID token or a refresh token, which the same keys sign.</li>
 * </ul>
 * Whether it is bound to a key or certificate ({@code cnf}) is checked with each request,
 * when it is known what the sender has proved.
 */
final class AccessTokenValidators {

	/** OpenID Connect Core sections 2 and 3.3.2.11: hashes that only ID tokens carry. */
	private static final Set<String> ID_TOKEN_CLAIMS = Set.of("at_hash", "c_hash", "s_hash");

	/**
	 * Claims by which authorization servers mark what a token is, with the values of
	 * access tokens: Keycloak's {@code typ}, the {@code token_use} of Amazon Cognito and
	 * Ory Hydra, FusionAuth's {@code tty}, PingAM's {@code tokenName}.
	 */
	private static final Map<String, Set<String>> USE_CLAIMS = Map.of("typ", Set.of("Bearer", "DPoP", "at+jwt", "JWT"),
			"token_use", Set.of("access", "access_token"), "tty", Set.of("at"), "tokenName", Set.of("access_token"));

	/**
	 * Claims whose values differ too much to list those of access tokens: of RFC 7662
	 * section 2.2, and Casdoor's.
	 */
	private static final List<String> TYPE_CLAIMS = List.of("token_type", "tokenType");

	/** The values of other tokens, including the types of RFC 8693 section 3. */
	private static final Pattern OTHER_TYPE = Pattern
		.compile("(?i)(urn:ietf:params:oauth:token-type:)?(id|refresh|offline)([-_ ]?token)?");

	/**
	 * The values of {@code token_type} of access tokens (RFC 7662 section 2.2, RFC 9449
	 * section 6.2).
	 */
	private static final Set<String> ACCESS_TOKEN_TYPES = Set.of("bearer", "dpop", "access_token");

	private AccessTokenValidators() {
	}

	/** All of the rules above, for the tokens of an authorization server. */
	static OAuth2TokenValidator<Jwt> create(String issuer, String resource, TokenTimes times, TokenProfile profile) {
		return new DelegatingOAuth2TokenValidator<>(issuer(issuer), audience(resource, profile), times, type(profile),
				AccessTokenValidators::isAccessToken, marks(profile), refused(profile));
	}

	/**
	 * The same rules for a response about an active opaque token (RFC 7662 section 2.2),
	 * except that there is no header, and {@code iss} is optional. Refresh tokens are
	 * active as well: {@code token_type} distinguishes them. If it is absent, as RFC 7662
	 * allows, or unknown, a mark of the provider is sufficient; it may be absent only if
	 * no mark is known.
	 */
	static OAuth2TokenValidator<Jwt> forResponses(String issuer, String resource, TokenTimes times,
			TokenProfile profile) {
		OAuth2TokenValidator<Jwt> marks = marks(profile);
		return new DelegatingOAuth2TokenValidator<>(issuer(issuer), audience(resource, profile), times,
				AccessTokenValidators::isAccessToken, (jwt) -> {
					Object type = jwt.getClaims().get("token_type");
					if (type != null && ACCESS_TOKEN_TYPES.contains(String.valueOf(type).toLowerCase(Locale.ROOT))) {
						return OAuth2TokenValidatorResult.success();
					}
					return (type == null || !profile.marks().isEmpty()) ? marks.validate(jwt)
							: noAccessToken("expected token_type Bearer, found " + TokenError.safe(type));
				}, refused(profile));
	}

	private static OAuth2TokenValidatorResult noAccessToken(String detail) {
		return TokenError.result(TokenFailure.TYPE, "The token is not an access token", detail);
	}

	/**
	 * Replaces the messages of Spring's validator by one sentence for a client's
	 * developer.
	 */
	private static OAuth2TokenValidator<Jwt> issuer(String issuer) {
		OAuth2TokenValidator<Jwt> validator = new JwtIssuerValidator(issuer);
		return (jwt) -> validator.validate(jwt).hasErrors()
				? TokenError.result(TokenFailure.ISSUER, "The token has another issuer",
						TokenError.difference(issuer, jwt.getClaims().get("iss")))
				: OAuth2TokenValidatorResult.success();
	}

	/**
	 * If the profile uses another claim than {@code aud}, {@code aud} must not contain
	 * another resource.
	 */
	static OAuth2TokenValidator<Jwt> audience(String resource, TokenProfile profile) {
		Set<String> identifiers = identifiers(resource);
		Collection<String> accepted = profile.audiences().isEmpty() ? identifiers : profile.audiences();
		boolean otherClaim = !profile.audienceClaim().equals(TokenProfile.AUD);
		return (jwt) -> {
			boolean meant = names(profile.audienceClaim().read(jwt.getClaims()), accepted);
			Object aud = jwt.getClaims().get("aud");
			boolean meantForOthers = otherClaim && aud != null && !names(aud, identifiers) && !names(aud, accepted);
			if (meant && !meantForOthers) {
				return OAuth2TokenValidatorResult.success();
			}
			String claim = profile.audienceClaim().text();
			return TokenError.result(TokenFailure.AUDIENCE, "The token was not issued for this server (" + claim + ")",
					meant ? "aud: " + TokenError.difference(identifiers, aud) : claim + ": "
							+ TokenError.difference(accepted, profile.audienceClaim().read(jwt.getClaims())));
		};
	}

	/**
	 * At the root of a host the identifier is the same with and without a slash (RFC 3986
	 * section 6.2.3), and clients use both.
	 */
	private static Set<String> identifiers(String resource) {
		URI uri = URI.create(resource);
		String path = uri.getRawPath();
		if (uri.getRawQuery() != null || (path != null && path.length() > 1)) {
			return Set.of(resource);
		}
		String origin = resource.endsWith("/") ? resource.substring(0, resource.length() - 1) : resource;
		return Set.of(origin, origin + "/");
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
			return accepted ? OAuth2TokenValidatorResult.success() : TokenError.result(TokenFailure.TYPE,
					"The token's type is not that of an access token",
					"typ: " + TokenError.difference(profile.types(), (type != null) ? type : TokenProfile.NO_TYPE));
		};
	}

	private static OAuth2TokenValidator<Jwt> marks(TokenProfile profile) {
		return (jwt) -> {
			boolean marked = profile.marks().isEmpty() || profile.marks().entrySet().stream().anyMatch((mark) -> {
				Object claim = jwt.getClaims().get(mark.getKey());
				return claim != null && (mark.getValue().contains(TokenProfile.ANY) || names(claim, mark.getValue()));
			});
			if (marked) {
				return OAuth2TokenValidatorResult.success();
			}
			Map<String, Object> found = new LinkedHashMap<>(jwt.getClaims());
			found.keySet().retainAll(profile.marks().keySet());
			return noAccessToken("one of these claims: " + TokenError.difference(profile.marks(), found));
		};
	}

	private static OAuth2TokenValidator<Jwt> refused(TokenProfile profile) {
		return (jwt) -> profile.refusedClaims()
			.stream()
			.filter(jwt::hasClaim)
			.findFirst()
			.map((claim) -> noAccessToken("expected no claim " + TokenError.safe(claim)))
			.orElseGet(OAuth2TokenValidatorResult::success);
	}

	private static OAuth2TokenValidatorResult isAccessToken(Jwt jwt) {
		List<String> signs = new ArrayList<>();
		ID_TOKEN_CLAIMS.stream().filter(jwt::hasClaim).forEach(signs::add);
		if (jwt.hasClaim("nonce") && !jwt.hasClaim("scope") && !jwt.hasClaim("scp")) {
			signs.add("nonce");
		}
		USE_CLAIMS.forEach((claim, values) -> {
			if (jwt.hasClaim(claim) && !values.contains(String.valueOf(jwt.getClaims().get(claim)))) {
				signs.add(claim);
			}
		});
		TYPE_CLAIMS.stream()
			.filter((claim) -> jwt.getClaims().get(claim) instanceof String type && OTHER_TYPE.matcher(type).matches())
			.forEach(signs::add);
		return signs.isEmpty() ? OAuth2TokenValidatorResult.success() : noAccessToken(
				"it is another token's " + signs.get(0) + ": " + TokenError.safe(jwt.getClaims().get(signs.get(0))));
	}

}
