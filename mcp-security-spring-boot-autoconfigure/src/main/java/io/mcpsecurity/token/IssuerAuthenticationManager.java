package io.mcpsecurity.token;

import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

import com.github.benmanes.caffeine.cache.Ticker;
import com.nimbusds.jwt.JWTParser;
import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;

/**
 * Verifies the access tokens for one resource, each by the authorization server that its
 * {@code iss} names, which must be one of the configured ones to the letter; the name is
 * trusted only after that server's keys have verified it.
 * <p>
 * With a cache, a token that was verified for this resource a moment ago is not verified
 * again: it is good as long as it has not expired and its issuer's keys are what they
 * were. The cache belongs to this manager alone, so a token that another resource
 * accepted is not known here.
 * <p>
 * Authentication fails with {@link RefusedTokenException} when the token is bad and with
 * {@code AuthenticationServiceException} when it could not be checked.
 */
public final class IssuerAuthenticationManager implements AuthenticationManager, KnownTokens {

	private final Map<String, TokenVerifier> verifiers = new HashMap<>();

	private final @Nullable VerifiedTokens cache;

	/**
	 * Create a manager.
	 * @param servers the authorization servers whose tokens are accepted
	 * @param audience the resource identifier of this server
	 * @param clockSkew how far clocks may differ, not negative
	 * @param converter reads the caller from a verified token
	 * @param cache how many tokens are remembered for how long, or {@code null} to verify
	 * every token each time
	 */
	public IssuerAuthenticationManager(AuthorizationServers servers, String audience, Duration clockSkew,
			McpCallerConverter converter, VerifiedTokens.@Nullable Settings cache) {
		this(servers, audience, new TokenTimes(clockSkew, Clock.systemUTC()), converter,
				(cache != null) ? new VerifiedTokens(cache, Ticker.systemTicker()) : null);
	}

	IssuerAuthenticationManager(AuthorizationServers servers, String audience, TokenTimes times,
			McpCallerConverter converter, @Nullable VerifiedTokens cache) {
		servers.keys()
			.forEach((keys) -> this.verifiers.put(keys.issuer(), new TokenVerifier(keys, audience, times, converter)));
		this.cache = cache;
	}

	@Override
	public @Nullable Authentication authenticate(Authentication authentication) throws AuthenticationException {
		if (!(authentication instanceof BearerTokenAuthenticationToken bearer)) {
			return null;
		}
		String token = bearer.getToken();
		VerifiedToken verified = (this.cache != null) ? this.cache.get(token, this::verify) : verify(token);
		McpAuthenticationToken result = verified.authentication(token);
		result.setDetails(bearer.getDetails());
		return result;
	}

	@Override
	public boolean isKnown(String token) {
		return this.cache != null && this.cache.contains(token);
	}

	private VerifiedToken verify(String token) {
		TokenVerifier verifier = this.verifiers.get(issuer(token));
		if (verifier == null) {
			throw new RefusedTokenException(TokenFailure.ISSUER, "The token's issuer is not trusted here");
		}
		return verifier.verify(token);
	}

	private static @Nullable String issuer(String token) {
		try {
			return JWTParser.parse(token).getJWTClaimsSet().getIssuer();
		}
		catch (ParseException | RuntimeException ex) {
			// The cause is left out: its text can repeat parts of the token.
			throw new RefusedTokenException(TokenFailure.MALFORMED, "The token is not a JWT");
		}
	}

	/**
	 * The tokens that are remembered, or {@code null} without a cache.
	 */
	public @Nullable VerifiedTokens cache() {
		return this.cache;
	}

}
