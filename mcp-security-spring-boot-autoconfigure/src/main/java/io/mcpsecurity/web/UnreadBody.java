package io.mcpsecurity.web;

import java.time.Duration;

import jakarta.servlet.ServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * What is left of the body of a request that has been answered, as one without a token
 * is. A container that goes on to read it, to use the connection again, keeps a thread
 * for as long as the client likes; so the filters before an MCP endpoint tell it how long
 * that may be.
 */
public final class UnreadBody {

	private static final String ATTRIBUTE = UnreadBody.class.getName();

	private UnreadBody() {
	}

	/**
	 * How long to wait for the rest of a request's body before the connection is closed;
	 * zero if not at all.
	 * @param request the request, when it has been answered
	 * @return the time, or {@code null} if this is no request to an MCP endpoint
	 */
	public static @Nullable Duration patience(ServletRequest request) {
		return (Duration) request.getAttribute(ATTRIBUTE);
	}

	static void patience(ServletRequest request, Duration patience) {
		request.setAttribute(ATTRIBUTE, patience);
	}

}
