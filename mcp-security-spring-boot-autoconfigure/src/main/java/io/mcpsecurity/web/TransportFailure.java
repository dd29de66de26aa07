package io.mcpsecurity.web;

import java.io.IOException;

import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * What a client is told when the MCP transport has failed or refused: the HTTP status
 * that the transport chose, and a JSON-RPC error instead of the transport's own body,
 * which can be a serialized exception.
 */
final class TransportFailure {

	private TransportFailure() {
	}

	/**
	 * Answer in place of the transport.
	 * @param request the request
	 * @param response the response, with nothing of the transport in it but headers
	 * @param failed what the transport has answered
	 * @param message the request's message, or {@code null} when it carried none
	 * @return whether there was still time for it
	 */
	static boolean answer(HttpServletRequest request, HttpServletResponse response, DeniableResponse failed,
			@Nullable McpMessage message) throws IOException {
		if (response.isCommitted()) {
			return false;
		}
		// An answer to a response has no id (MCP 2025-11-25, Streamable HTTP).
		String method = (message != null) ? message.method() : null;
		String id = (method != null) ? message.id() : null;
		int status = failed.getStatus();
		if (failed.isUnknownMethod()) {
			JsonRpcErrors.write(response, HttpServletResponse.SC_NOT_FOUND, id, JsonRpcErrorCode.METHOD_NOT_FOUND,
					"Method not found");
		}
		else if ("initialize".equals(method) && status != HttpServletResponse.SC_NOT_FOUND
				&& failed.record().client() == null) {
			// The server has not been asked to open a session.
			JsonRpcErrors.write(response, HttpServletResponse.SC_BAD_REQUEST, id, JsonRpcErrorCode.INVALID_PARAMS,
					"Invalid params");
		}
		else {
			JsonRpcErrors.write(response, status, id, code(status, request), sentence(status, request));
		}
		return true;
	}

	private static int code(int status, HttpServletRequest request) {
		return (status == HttpServletResponse.SC_NOT_FOUND && hasSession(request)) ? JsonRpcErrorCode.SESSION_NOT_FOUND
				: (status < 500) ? JsonRpcErrorCode.INVALID_REQUEST : JsonRpcErrorCode.INTERNAL_ERROR;
	}

	private static boolean hasSession(HttpServletRequest request) {
		return request.getHeader(SessionFilter.SESSION_ID) != null;
	}

	private static String sentence(int status, HttpServletRequest request) {
		return switch (status) {
			case HttpServletResponse.SC_BAD_REQUEST ->
				hasSession(request) ? "Invalid request" : "Invalid request: this needs a session";
			case HttpServletResponse.SC_NOT_FOUND -> hasSession(request) ? "Session not found" : "Not found";
			case HttpServletResponse.SC_METHOD_NOT_ALLOWED -> "This server does not take this HTTP method";
			case HttpServletResponse.SC_SERVICE_UNAVAILABLE -> "This server is about to stop";
			default -> (status < 500) ? "Invalid request" : "Internal error";
		};
	}

}
