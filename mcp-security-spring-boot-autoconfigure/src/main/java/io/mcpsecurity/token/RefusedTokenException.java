package io.mcpsecurity.token;

import org.springframework.http.HttpStatus;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.server.resource.BearerTokenError;
import org.springframework.security.oauth2.server.resource.InvalidBearerTokenException;

/** The access token is bad. */
public final class RefusedTokenException extends InvalidBearerTokenException {

	private static final long serialVersionUID = 1L;

	private final TokenFailure failure;

	private final String detail;

	/**
	 * Create an exception.
	 * @param failure why the token is refused
	 * @param description a description for the client, without any part of the token
	 */
	public RefusedTokenException(TokenFailure failure, String description) {
		this(failure, description, "");
	}

	/**
	 * Create an exception.
	 * @param failure why the token is refused
	 * @param description a description for the client, without any part of the token
	 * @param detail the expected and the actual value for the log, on one line
	 */
	RefusedTokenException(TokenFailure failure, String description, String detail) {
		super(description);
		this.failure = failure;
		this.detail = detail;
	}

	/** The error for the challenge, with the code of the failure. */
	@Override
	public OAuth2Error getError() {
		return new BearerTokenError(this.failure.errorCode(), HttpStatus.UNAUTHORIZED,
				super.getError().getDescription(), super.getError().getUri());
	}

	public TokenFailure failure() {
		return this.failure;
	}

	/** The expected and the actual value for the log, or the empty string. */
	String detail() {
		return this.detail;
	}

}
