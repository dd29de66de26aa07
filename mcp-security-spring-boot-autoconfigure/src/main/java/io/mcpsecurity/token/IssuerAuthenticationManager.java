package io.mcpsecurity.token;

import java.text.ParseException;
import java.util.LinkedHashMap;
import java.util.Map;

import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jwt.JWTParser;
import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtValidationException;
import org.springframework.security.oauth2.server.resource.InvalidBearerTokenException;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationProvider;
import org.springframework.util.StringUtils;

/**
 * Verifies an access token by the authorization server that its {@code iss} names, which
 * must be one of the configured ones to the letter; the name is trusted only after that
 * server's keys have verified it.
 * <p>
 * Authentication fails with {@link RefusedTokenException} when the token is bad and with
 * {@code AuthenticationServiceException} when it could not be checked.
 */
public final class IssuerAuthenticationManager implements AuthenticationManager {

	private final Map<String, JwtAuthenticationProvider> providers = new LinkedHashMap<>();

	/**
	 * Create a manager.
	 * @param decoders for each issuer what verifies and validates its tokens
	 * @param converter reads the caller from a verified token
	 */
	public IssuerAuthenticationManager(Map<String, JwtDecoder> decoders, McpCallerConverter converter) {
		decoders.forEach((issuer, decoder) -> {
			JwtAuthenticationProvider provider = new JwtAuthenticationProvider(decoder);
			provider.setJwtAuthenticationConverter(converter);
			this.providers.put(issuer, provider);
		});
	}

	@Override
	public @Nullable Authentication authenticate(Authentication authentication) throws AuthenticationException {
		if (!(authentication instanceof BearerTokenAuthenticationToken bearer)) {
			return null;
		}
		String token = bearer.getToken();
		JwtAuthenticationProvider provider = this.providers.get(issuer(token));
		if (provider == null) {
			throw new RefusedTokenException(TokenFailure.ISSUER, "The token's issuer is not trusted here");
		}
		try {
			return provider.authenticate(authentication);
		}
		catch (InvalidBearerTokenException ex) {
			throw (ex.getCause() instanceof BadJwtException cause) ? refused(cause) : ex;
		}
	}

	/**
	 * What the client may know: which rule the token breaks. The decoder's own texts can
	 * repeat parts of the token, so nothing else of them is passed on.
	 */
	private static RefusedTokenException refused(BadJwtException cause) {
		if (cause instanceof JwtValidationException invalid) {
			for (OAuth2Error error : invalid.getErrors()) {
				if (StringUtils.hasText(error.getDescription())) {
					return new RefusedTokenException(TokenError.failure(error), error.getDescription());
				}
			}
		}
		// Without a cause the decoder refuses a token that is not signed at all.
		boolean signature = cause.getCause() == null || cause.getCause() instanceof BadJOSEException;
		return new RefusedTokenException(signature ? TokenFailure.SIGNATURE : TokenFailure.MALFORMED,
				"The token is malformed, or no key of its issuer has signed it");
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

}
