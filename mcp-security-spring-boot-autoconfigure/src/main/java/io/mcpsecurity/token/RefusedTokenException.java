package io.mcpsecurity.token;

import org.springframework.security.oauth2.server.resource.InvalidBearerTokenException;

/**
 * The access token is bad, with the reason in one word besides the sentence for the
 * client.
 */
public final class RefusedTokenException extends InvalidBearerTokenException {

	private static final long serialVersionUID = 1L;

	private final TokenFailure failure;

	/**
	 * Create an exception.
	 * @param failure why the token is refused
	 * @param description what the client may know; it repeats nothing of the token
	 */
	public RefusedTokenException(TokenFailure failure, String description) {
		super(description);
		this.failure = failure;
	}

	/**
	 * Why the token is refused.
	 */
	public TokenFailure failure() {
		return this.failure;
	}

}
