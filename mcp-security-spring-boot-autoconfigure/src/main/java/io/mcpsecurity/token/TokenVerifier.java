package io.mcpsecurity.token;

import com.nimbusds.jose.proc.BadJOSEException;

import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.JwtValidationException;
import org.springframework.util.StringUtils;

/**
 * Verifies the access tokens of one issuer for one resource.
 */
final class TokenVerifier {

	private final IssuerKeys keys;

	private final TokenTimes times;

	private final OAuth2TokenValidator<Jwt> validator;

	private final McpCallerConverter converter;

	TokenVerifier(IssuerKeys keys, String audience, TokenTimes times, McpCallerConverter converter) {
		this(keys, Provider.GENERIC.profile(), audience, times, converter);
	}

	TokenVerifier(IssuerKeys keys, TokenProfile profile, String audience, TokenTimes times,
			McpCallerConverter converter) {
		this.keys = keys;
		this.times = times;
		this.validator = AccessTokenValidators.create(keys.issuer(), audience, times, profile);
		this.converter = converter.with(profile.claims());
	}

	/**
	 * Verify a token.
	 * @throws RefusedTokenException if it is bad
	 * @throws AuthenticationServiceException if it could not be checked
	 */
	VerifiedToken verify(String token) {
		NotedKeys noted = new NotedKeys(this.keys);
		try {
			Jwt jwt = AccessTokenDecoders.create(noted, this.validator).decode(token);
			return new VerifiedToken(jwt, this.converter.caller(jwt), this.times, noted);
		}
		catch (BadJwtException ex) {
			throw refused(ex);
		}
		catch (JwtException ex) {
			throw new AuthenticationServiceException("The token cannot be checked", ex);
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

}
