package io.mcpsecurity.transport;

import java.time.Instant;

import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;

/**
 * A response that can be ended by another thread, because its token has expired, its
 * session has ended, its client is denied, or the application stops.
 */
interface OpenStream {

	/** Stop sending, and complete the response. Does not wait for the client. */
	void end();

	/**
	 * Send data that clients ignore, if the container would not detect a closed
	 * connection otherwise.
	 */
	default void probe() {
	}

	/** The caller, or {@code null} when there is none. */
	@Nullable McpCaller caller();

	/** The time from which the stream is to end because of its token, or {@code null}. */
	@Nullable Instant expiry();

}
