package io.mcpsecurity.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

import org.springframework.http.MediaType;

/**
 * Answers a refused request in the language of its protocol: an HTTP status with a
 * JSON-RPC error as the body.
 */
final class JsonRpcErrors {

	/**
	 * Of the range that JSON-RPC 2.0 leaves to servers: credentials are missing or bad.
	 */
	static final int UNAUTHENTICATED = -32010;

	private JsonRpcErrors() {
	}

	/**
	 * Write an answer.
	 * @param response the response, not committed
	 * @param status the HTTP status
	 * @param id the request's id as JSON text, or {@code null} when it is not known
	 * @param code the JSON-RPC error code
	 * @param message a sentence that the sender may read
	 */
	static void write(HttpServletResponse response, int status, @Nullable String id, int code, String message)
			throws IOException {
		String body = "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"error\":{\"code\":" + code + ",\"message\":\""
				+ String.valueOf(JsonStringEncoder.getInstance().quoteAsCharArray(message)) + "\"}}";
		byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
		response.setStatus(status);
		response.setContentType(MediaType.APPLICATION_JSON_VALUE);
		response.setContentLength(bytes.length);
		response.getOutputStream().write(bytes);
	}

}
