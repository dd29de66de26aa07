package io.mcpsecurity.token;

import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;

/**
 * What a validator has against a token: the sentence for the client, and the reason in
 * one word.
 */
final class TokenError extends OAuth2Error {

	private static final long serialVersionUID = 1L;

	private final TokenFailure failure;

	private TokenError(TokenFailure failure, String description) {
		super(OAuth2ErrorCodes.INVALID_TOKEN, description, null);
		this.failure = failure;
	}

	static OAuth2TokenValidatorResult result(TokenFailure failure, String description) {
		return OAuth2TokenValidatorResult.failure(new TokenError(failure, description));
	}

	static TokenFailure failure(OAuth2Error error) {
		return (error instanceof TokenError known) ? known.failure : TokenFailure.OTHER;
	}

	static RefusedTokenException refused(OAuth2Error error) {
		String description = error.getDescription();
		return new RefusedTokenException(failure(error),
				(description != null) ? description : "The token is not accepted");
	}

}
