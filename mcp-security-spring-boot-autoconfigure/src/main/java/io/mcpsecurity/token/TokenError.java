package io.mcpsecurity.token;

import io.mcpsecurity.audit.EventText;
import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;

/**
 * The error of a validator: the description for the client, the kind of failure, and the
 * details for the log.
 */
final class TokenError extends OAuth2Error {

	private static final long serialVersionUID = 1L;

	private static final int MAX_LENGTH = 500;

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

	/** What was expected, and what was found instead, for the log. */
	static String difference(@Nullable Object expected, @Nullable Object found) {
		return "expected " + safe(expected) + ", found " + safe(found);
	}

	/** Untrusted text as it may be logged: on one line, and of limited length. */
	static String safe(@Nullable Object text) {
		return EventText.of(String.valueOf(text), MAX_LENGTH);
	}

	static RefusedTokenException refused(OAuth2Error error) {
		String description = (error.getDescription() != null) ? error.getDescription() : "The token is not accepted";
		return (error instanceof TokenError known) ? new RefusedTokenException(known.failure, description, known.detail)
				: new RefusedTokenException(TokenFailure.OTHER, description);
	}

}
