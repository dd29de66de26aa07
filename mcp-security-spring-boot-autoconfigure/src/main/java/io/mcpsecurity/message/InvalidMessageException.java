package io.mcpsecurity.message;

import org.jspecify.annotations.Nullable;

/**
 * A body that is not one well-formed JSON-RPC message. Its message is safe to return to
 * the client, because it contains nothing of the body.
 */
public class InvalidMessageException extends Exception {

	private static final long serialVersionUID = 1L;

	private final int code;

	private final transient @Nullable Object id;

	InvalidMessageException(int code, String message, @Nullable Object id) {
		super(message);
		this.code = code;
		this.id = id;
	}

	/**
	 * The JSON-RPC error code: -32700 (not JSON), -32600 (not a valid request) or -32602
	 * (a target is missing or too long).
	 */
	public int getCode() {
		return this.code;
	}

	/**
	 * The request's id, a {@link String}, {@link Integer} or {@link Long}, or
	 * {@code null} when it could not be read.
	 */
	public @Nullable Object getId() {
		return this.id;
	}

}
