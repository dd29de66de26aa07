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

/**
 * Verifies tokens that say nothing themselves, by what their authorization server says of
 * them (RFC 7662).
 */
final class OpaqueTokenVerifier {

	/** Stands where the header of a JWT would, which such a token has not. */
	private static final Map<String, Object> HEADER = Map.of("typ", "opaque");

	private final TokenIntrospection introspection;

	private final TokenTimes times;

	private final OAuth2TokenValidator<Jwt> validator;

	private final McpCallerConverter converter;

	/**
	 * Create a verifier.
	 * @param introspection asks the authorization server
	 * @param profile what its answers look like
	 * @param resource the resource identifier
	 * @param times looks at a token's lifetime
	 * @param converter reads the caller
	 */
	OpaqueTokenVerifier(TokenIntrospection introspection, TokenProfile profile, String resource, TokenTimes times,
			McpCallerConverter converter) {
		this.introspection = introspection;
		this.times = times;
		this.validator = AccessTokenValidators.forAnswers(introspection.issuer(), resource, times, profile);
		this.converter = converter.with(profile.claims());
	}

	/**
	 * Verify a token.
	 * @throws RefusedTokenException if it is bad
	 * @throws org.springframework.security.authentication.AuthenticationServiceException
	 * if it could not be checked
	 */
	VerifiedToken verify(String token) {
		TokenIntrospection.Answer answer = this.introspection.introspect(token);
		Jwt facts = VerifiedToken.fixed(facts(token, answer.members()));
		OAuth2TokenValidatorResult result = this.validator.validate(facts);
		if (result.hasErrors()) {
			throw TokenError.refused(result.getErrors().iterator().next());
		}
		return new VerifiedToken(facts, this.converter.convert(facts), true, this.times,
				() -> this.introspection.isFresh(answer));
	}

	private Jwt facts(String token, Map<String, Object> members) {
		Map<String, Object> claims = new LinkedHashMap<>(members);
		claims.remove("active");
		claims.values().removeIf((value) -> value == null);
		// The answer came from this issuer, whether it says so or not.
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
			// As if it were something else than a number.
		}
		throw malformed(name);
	}

	private static RefusedTokenException malformed(String claim) {
		return new RefusedTokenException(TokenFailure.MALFORMED, "The token's " + claim + " is malformed");
	}

}
