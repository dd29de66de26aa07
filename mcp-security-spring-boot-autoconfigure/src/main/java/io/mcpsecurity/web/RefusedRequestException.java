package io.mcpsecurity.web;

import java.io.IOException;

import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.audit.RequestRecord.Refusal;
import io.mcpsecurity.message.InvalidMessageException;
import io.mcpsecurity.message.JsonRpcErrorCode;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * A request that is not served, whoever sent it. Its message is safe to show to the
 * sender: it repeats nothing of the request.
 */
class RefusedRequestException extends Exception {

	private static final long serialVersionUID = 1L;

	private final int status;

	private final String reason;

	private final int code;

	private final @Nullable String id;

	/**
	 * Refuse.
	 * @param status the HTTP status
	 * @param reason one of a bounded set of words, for labels
	 * @param code the JSON-RPC error code
	 * @param message a sentence that the sender may read
	 * @param id the request's id as JSON text, or {@code null} when it could not be read
	 */
	RefusedRequestException(int status, String reason, int code, String message, @Nullable String id) {
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

	/**
	 * Answer the request, and record that it is refused.
	 */
	void answer(HttpServletResponse response, RequestRecord record) throws IOException {
		record.refused(Refusal.Kind.REJECTED, this.reason);
		JsonRpcErrors.write(response, this.status, this.id, this.code, String.valueOf(getMessage()));
	}

	/**
	 * The request's id as JSON text, or {@code null} when it could not be read.
	 */
	@Nullable String id() {
		return this.id;
	}

}
