package io.mcpsecurity.web;

import io.mcpsecurity.message.InvalidMessageException;
import io.mcpsecurity.message.JsonRpcErrorCode;
import org.jspecify.annotations.Nullable;

/**
 * A request that is not served, whoever sent it. Its message is safe to show to the
 * sender: it repeats nothing of the request.
 */
final class RefusedRequestException extends Exception {

	private static final long serialVersionUID = 1L;

	private final int status;

	private final String reason;

	private final int code;

	private final @Nullable String id;

	private RefusedRequestException(int status, String reason, int code, String message, @Nullable String id) {
		super(message);
		this.status = status;
		this.reason = reason;
		this.code = code;
		this.id = id;
	}

	/**
	 * Refuse before the body was read.
	 * @param status the HTTP status
	 * @param reason one of a bounded set of words, for labels
	 * @param message a sentence that the sender may read
	 */
	RefusedRequestException(int status, String reason, String message) {
		this(status, reason, JsonRpcErrorCode.INVALID_REQUEST, message, null);
	}

	/**
	 * Refuse a body, or headers that disagree with it.
	 */
	RefusedRequestException(InvalidMessageException invalid) {
		this(400, (invalid.getCode() == JsonRpcErrorCode.HEADER_MISMATCH) ? "header_mismatch" : "invalid_message",
				invalid.getCode(), String.valueOf(invalid.getMessage()), invalid.getId());
	}

	int status() {
		return this.status;
	}

	/**
	 * Why, in one word.
	 */
	String reason() {
		return this.reason;
	}

	/**
	 * The JSON-RPC error code.
	 */
	int code() {
		return this.code;
	}

	/**
	 * The request's id as JSON text, or {@code null} when it could not be read.
	 */
	@Nullable String id() {
		return this.id;
	}

}
