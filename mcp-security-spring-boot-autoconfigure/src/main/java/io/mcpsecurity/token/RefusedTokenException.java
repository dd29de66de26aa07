package io.mcpsecurity.token;

import org.springframework.security.oauth2.server.resource.InvalidBearerTokenException;

/**
 * The access token is bad, with the reason in one word besides the sentence for the
 * client.
 */
public final class RefusedTokenException extends InvalidBearerTokenException {

	private static final long serialVersionUID = 1L;

	private final TokenFailure failure;

	private final String detail;

	/**
	 * Create an exception.
	 * @param failure why the token is refused
	 * @param description what the client may know; it repeats nothing of the token
	 */
	public RefusedTokenException(TokenFailure failure, String description) {
		this(failure, description, "");
	}

	/**
	 * Create an exception.
	 * @param failure why the token is refused
	 * @param description what the client may know; it repeats nothing of the token
	 * @param detail what was expected and found, for the log: bounded and on one line
	 */
	RefusedTokenException(TokenFailure failure, String description, String detail) {
		super(description);
		this.failure = failure;
		this.detail = detail;
	}

	/**
	 * Why the token is refused.
	 */
	public TokenFailure failure() {
		return this.failure;
	}

	/**
	 * What was expected and found, for the log; empty where there is no more to say.
	 */
	String detail() {
		return this.detail;
	}

}
