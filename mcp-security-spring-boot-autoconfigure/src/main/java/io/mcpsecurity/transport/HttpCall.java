package io.mcpsecurity.transport;

import java.util.Enumeration;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * A request over HTTP and its response.
 *
 * @param request the request
 * @param response the response
 * @param acceptable the media types that the client accepts
 */
record HttpCall(HttpServletRequest request, HttpServletResponse response, Acceptable acceptable) {

	static final String SESSION_ID = "Mcp-Session-Id";

	/**
	 * The session id of the request, or {@code null} if it has none.
	 * @throws RefusedRequestException if it has two
	 */
	@Nullable String sessionId() throws RefusedRequestException {
		Enumeration<String> ids = this.request.getHeaders(SESSION_ID);
		String id = ids.hasMoreElements() ? ids.nextElement() : null;
		if (ids.hasMoreElements()) {
			throw Sessions.notFound(null);
		}
		return id;
	}

}
