package io.mcpsecurity.token;

import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

import com.github.benmanes.caffeine.cache.Ticker;
import com.nimbusds.jwt.EncryptedJWT;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTParser;
import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;

import org.springframework.core.convert.converter.Converter;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;

/**
 * Verifies the access tokens for one resource by the authorization server in their {@code
 * iss}, which must be exactly a configured one; it is trusted only after that server's
 * keys have verified the token. A token that is not a JWT, or is encrypted, is verified
 * by the authorization server whose opaque tokens are accepted, if there is one.
 * <p>
 * The cache belongs to this manager alone, so a token that another resource accepted is
 * not known here.
 * <p>
 * The result is what Spring Security's own providers create: a {@code
 * JwtAuthenticationToken}, or a {@code BearerTokenAuthentication} for an opaque token.
 * Its details are the {@link McpCaller}. Authentication fails with
 * {@link RefusedTokenException} if the token is bad and with {@code
 * AuthenticationServiceException} if it could not be checked.
 */
public final class IssuerAuthenticationManager implements AuthenticationManager, KnownTokens {

	private final Map<String, TokenVerifier> verifiers = new HashMap<>();

	private final @Nullable OpaqueTokenVerifier opaque;

	private final @Nullable VerifiedTokens cache;

	private final TokenExtensions extensions;

	/**
	 * Create a manager.
	 * @param servers the authorization servers whose tokens are accepted
	 * @param audience the resource identifier of this server
	 * @param clockSkew the maximum difference of clocks, not negative
	 * @param converter reads the caller from a verified token
	 * @param cache the limits of the cache, or {@code null} to verify every token each
	 * time
	 */
	public IssuerAuthenticationManager(AuthorizationServers servers, String audience, Duration clockSkew,
			McpCallerConverter converter, VerifiedTokens.@Nullable Settings cache) {
		this(servers, audience, new TokenTimes(clockSkew, Clock.systemUTC()), converter,
				(cache != null) ? new VerifiedTokens(cache, Ticker.systemTicker()) : null);
	}

	IssuerAuthenticationManager(AuthorizationServers servers, String audience, TokenTimes times,
			McpCallerConverter converter, @Nullable VerifiedTokens cache) {
		this.extensions = servers.extensions();
		servers.keys()
			.forEach((keys) -> this.verifiers.put(keys.issuer(), new TokenVerifier(keys, servers.profile(keys.issuer()),
					audience, times, converter, servers.introspections().forJwtsOf(keys.issuer()), this.extensions)));
		TokenIntrospection introspection = servers.introspections().forOpaqueTokens();
		this.opaque = (introspection != null) ? new OpaqueTokenVerifier(introspection,
				servers.profile(introspection.issuer()), audience, times, converter) : null;
		this.cache = cache;
	}

	@Override
	public @Nullable Authentication authenticate(Authentication authentication) throws AuthenticationException {
		if (!(authentication instanceof BearerTokenAuthenticationToken bearer)) {
			return null;
		}
		String token = bearer.getToken();
		VerifiedToken verified = (this.cache != null) ? this.cache.get(token, this::verify) : verify(token);
		AbstractAuthenticationToken result = extended(verified.authentication(token));
		result.setDetails(verified.caller());
		return result;
	}

	/** The authentication after the application's validators and converter. */
	private AbstractAuthenticationToken extended(AbstractAuthenticationToken authentication) {
		if (!(authentication instanceof JwtAuthenticationToken standard)) {
			return authentication;
		}
		for (OAuth2TokenValidator<Jwt> validator : this.extensions.validators()) {
			OAuth2TokenValidatorResult result = validator.validate(standard.getToken());
			if (result.hasErrors()) {
				throw TokenError.refused(result.getErrors().iterator().next());
			}
		}
		Converter<Jwt, ? extends AbstractAuthenticationToken> converter = this.extensions.converter();
		if (converter == null) {
			return standard;
		}
		AbstractAuthenticationToken converted = converter.convert(standard.getToken());
		// Details refer to the request, so requests must not share an authentication.
		if (converted == null || !converted.isAuthenticated() || converted.getDetails() != null) {
			throw new IllegalStateException(
					"The converter must return a new authentication without details that is authenticated");
		}
		return converted;
	}

	@Override
	public boolean isKnown(String token) {
		return this.cache != null && this.cache.contains(token);
	}

	@Override
	public boolean isJwt(String token) {
		return readable(token) != null;
	}

	private VerifiedToken verify(String token) {
		JWT jwt = readable(token);
		if (jwt == null) {
			if (this.opaque == null) {
				throw new RefusedTokenException(TokenFailure.MALFORMED, "The token is not a JWT",
						"no authorization server has an introspection endpoint for such tokens");
			}
			return this.opaque.verify(token);
		}
		checkSpelling(token);
		String issuer = issuer(jwt);
		TokenVerifier verifier = this.verifiers.get(issuer);
		if (verifier == null) {
			throw new RefusedTokenException(TokenFailure.ISSUER, "The token's issuer is not trusted here",
					"iss: " + TokenError.difference(this.verifiers.keySet(), issuer));
		}
		return verifier.verify(token);
	}

	/** The token as a JWT, or {@code null} if it is not one that can be read here. */
	private static @Nullable JWT readable(String token) {
		try {
			JWT jwt = JWTParser.parse(token);
			return (jwt instanceof EncryptedJWT) ? null : jwt;
		}
		catch (ParseException | RuntimeException ex) {
			return null;
		}
	}

	/**
	 * Refuse other spellings of the same token, which lenient decoders accept: each would
	 * be cached separately (RFC 7515 section 2: without padding, line breaks or other
	 * characters; RFC 4648 section 3.5).
	 */
	private static void checkSpelling(String token) {
		for (String part : token.split("\\.", -1)) {
			boolean canonical;
			try {
				byte[] bytes = Base64.getUrlDecoder().decode(part);
				canonical = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(part);
			}
			catch (IllegalArgumentException ex) {
				canonical = false;
			}
			if (!canonical) {
				throw new RefusedTokenException(TokenFailure.MALFORMED, "The token is not a JWT",
						"it is not in the canonical form of base64url");
			}
		}
	}

	private static @Nullable String issuer(JWT jwt) {
		try {
			return jwt.getJWTClaimsSet().getIssuer();
		}
		catch (ParseException | RuntimeException ex) {
			// The cause is left out: its text can repeat parts of the token.
			throw new RefusedTokenException(TokenFailure.MALFORMED, "The token is not a JWT");
		}
	}

	/** The cached tokens, or {@code null} without a cache. */
	public @Nullable VerifiedTokens cache() {
		return this.cache;
	}

}
