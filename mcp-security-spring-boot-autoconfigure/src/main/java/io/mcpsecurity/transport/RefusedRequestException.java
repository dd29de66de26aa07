package io.mcpsecurity.transport;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Refusal;
import io.mcpsecurity.message.InvalidMessageException;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;

/**
 * A request is refused with an HTTP status and a JSON-RPC error as the body. The message
 * is safe to return to the client, because it contains nothing of the request.
 */
class RefusedRequestException extends Exception {

	private static final long serialVersionUID = 1L;

	private final int status;

	private final transient @Nullable Refusal refusal;

	private final int code;

	private final transient @Nullable Object id;

	private final transient Map<String, String> headers = new LinkedHashMap<>();

	private transient List<String> challenges = List.of();

	private @Nullable String data;

	/**
	 * Refuse a request.
	 * @param status the HTTP status
	 * @param refusal the refusal to record, or {@code null} if the policy has decided
	 * @param code the JSON-RPC error code
	 * @param message the message for the client
	 * @param id the request's id, or {@code null} if it is unknown
	 */
	RefusedRequestException(int status, @Nullable Refusal refusal, int code, String message, @Nullable Object id) {
		super(message, null, false, false);
		this.status = status;
		this.refusal = refusal;
		this.code = code;
		this.id = id;
	}

	/**
	 * Refuse a request for a reason that does not depend on the caller.
	 * @param status the HTTP status
	 * @param reason one of a bounded set of words, for labels
	 * @param code the JSON-RPC error code
	 * @param message the message for the client
	 * @param id the request's id, or {@code null} if it is unknown
	 */
	RefusedRequestException(int status, String reason, int code, String message, @Nullable Object id) {
		this(status, new Refusal(Refusal.Kind.REJECTED, reason), code, message, id);
	}

	/**
	 * Refuse a request before its message was read.
	 * @param status the HTTP status
	 * @param reason one of a bounded set of words, for labels
	 * @param message the message for the client
	 */
	RefusedRequestException(int status, String reason, String message) {
		this(status, reason, JsonRpcErrorCode.INVALID_REQUEST, message, null);
	}

	/** Refuse an invalid body, or headers that do not match it. */
	RefusedRequestException(InvalidMessageException invalid) {
		this(HttpServletResponse.SC_BAD_REQUEST,
				(invalid.getCode() == JsonRpcErrorCode.HEADER_MISMATCH) ? "header_mismatch" : "invalid_message",
				invalid.getCode(), String.valueOf(invalid.getMessage()), invalid.getId());
	}

	/** Add a header to the response. */
	RefusedRequestException header(String name, String value) {
		this.headers.put(name, value);
		return this;
	}

	/** Set the challenges of the response, each a header of its own. */
	RefusedRequestException challenges(List<String> challenges) {
		this.challenges = challenges;
		return this;
	}

	/**
	 * Add the {@code data} of the error.
	 * @param data a JSON value that contains nothing of the request
	 */
	RefusedRequestException data(String data) {
		this.data = data;
		return this;
	}

	/** Record that the request is refused. */
	void record(McpExchange exchange) {
		if (this.refusal != null) {
			exchange.refused(this.refusal.kind(), this.refusal.reason());
		}
	}

	/** The reason, one of a bounded set of words. */
	String reason() {
		return (this.refusal != null) ? this.refusal.reason() : "";
	}

	int status() {
		return this.status;
	}

	/** The request's id, or {@code null} if it is unknown. */
	@Nullable Object id() {
		return this.id;
	}

	/**
	 * Set status and headers of a response that is not committed.
	 * @return the body
	 */
	byte[] prepare(HttpServletResponse response) {
		String body = "{\"jsonrpc\":\"2.0\",\"id\":" + McpMessage.idText(this.id) + ",\"error\":{\"code\":" + this.code
				+ ",\"message\":\""
				+ String.valueOf(JsonStringEncoder.getInstance().quoteAsCharArray(String.valueOf(getMessage()))) + "\""
				+ ((this.data != null) ? ",\"data\":" + this.data : "") + "}}";
		byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
		response.setStatus(this.status);
		this.headers.forEach(response::setHeader);
		this.challenges.forEach((challenge) -> response.addHeader(HttpHeaders.WWW_AUTHENTICATE, challenge));
		response.setContentType(MediaType.APPLICATION_JSON_VALUE);
		response.setContentLength(bytes.length);
		return bytes;
	}

	/** Write the response. */
	void write(HttpServletResponse response) throws IOException {
		response.getOutputStream().write(prepare(response));
	}

}
