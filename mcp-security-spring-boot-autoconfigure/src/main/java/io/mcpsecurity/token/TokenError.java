package io.mcpsecurity.token;

import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;

/**
 * What a validator has against a token: the sentence for the client, the reason in one
 * word, and what was expected and found, for the log.
 */
final class TokenError extends OAuth2Error {

	private static final long serialVersionUID = 1L;

	private final TokenFailure failure;

	private final String detail;

	private TokenError(TokenFailure failure, String description, String detail) {
		super(OAuth2ErrorCodes.INVALID_TOKEN, description, null);
		this.failure = failure;
		this.detail = detail;
	}

	static OAuth2TokenValidatorResult result(TokenFailure failure, String description, String detail) {
		return OAuth2TokenValidatorResult.failure(new TokenError(failure, description, detail));
	}

	static RefusedTokenException refused(OAuth2Error error) {
		String description = (error.getDescription() != null) ? error.getDescription() : "The token is not accepted";
		return (error instanceof TokenError known) ? new RefusedTokenException(known.failure, description, known.detail)
				: new RefusedTokenException(TokenFailure.OTHER, description);
	}

}
