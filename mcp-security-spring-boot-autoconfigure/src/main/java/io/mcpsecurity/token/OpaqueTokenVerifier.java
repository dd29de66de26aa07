package io.mcpsecurity.token;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jwt.Jwt;

/** Verifies opaque tokens by introspection (RFC 7662). */
final class OpaqueTokenVerifier {

	/** Replaces the header of a JWT. */
	private static final Map<String, Object> HEADER = Map.of("typ", "opaque");

	private final TokenIntrospection introspection;

	private final TokenTimes times;

	private final OAuth2TokenValidator<Jwt> validator;

	private final McpCallerConverter converter;

	OpaqueTokenVerifier(TokenIntrospection introspection, TokenProfile profile, String resource, TokenTimes times,
			McpCallerConverter converter) {
		this.introspection = introspection;
		this.times = times;
		this.validator = AccessTokenValidators.forResponses(introspection.issuer(), resource, times, profile);
		this.converter = converter.with(profile.claims());
	}

	/**
	 * Verify a token.
	 * @throws RefusedTokenException if it is bad
	 * @throws org.springframework.security.authentication.AuthenticationServiceException
	 * if it could not be checked
	 */
	VerifiedToken verify(String token) {
		TokenIntrospection.Response response = this.introspection.introspect(token);
		Jwt facts = VerifiedToken.fixed(facts(token, response.members()));
		OAuth2TokenValidatorResult result = this.validator.validate(facts);
		if (result.hasErrors()) {
			throw TokenError.refused(result.getErrors().iterator().next());
		}
		return new VerifiedToken(facts, this.converter.convert(facts), true, this.times,
				() -> this.introspection.isFresh(response));
	}

	private Jwt facts(String token, Map<String, Object> members) {
		Map<String, Object> claims = new LinkedHashMap<>(members);
		claims.remove("active");
		claims.values().removeIf((value) -> value == null);
		// The response is from this issuer, whether or not it contains it.
		claims.putIfAbsent("iss", this.introspection.issuer());
		if (claims.get("aud") instanceof String single) {
			claims.put("aud", List.of(single));
		}
		for (String name : List.of("exp", "nbf", "iat")) {
			claims.computeIfPresent(name, OpaqueTokenVerifier::time);
		}
		Instant issuedAt = (Instant) claims.get("iat");
		Instant expiresAt = (Instant) claims.get("exp");
		if (issuedAt != null && expiresAt != null && !expiresAt.isAfter(issuedAt)) {
			throw malformed("exp");
		}
		return new Jwt(token, issuedAt, expiresAt, HEADER, claims);
	}

	private static Instant time(String name, @Nullable Object value) {
		try {
			if (value instanceof Number seconds) {
				return Instant.ofEpochSecond(seconds.longValue());
			}
		}
		catch (DateTimeException ex) {
			// Handled like a value that is not a number.
		}
		throw malformed(name);
	}

	private static RefusedTokenException malformed(String claim) {
		return new RefusedTokenException(TokenFailure.MALFORMED, "The token's " + claim + " is malformed");
	}

}
