package io.mcpsecurity.transport;

import java.time.Instant;

import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;

/**
 * A response that can be ended from outside: because its token or its session is over,
 * its client is denied, or the application stops.
 */
interface OpenStream {

	/**
	 * Send nothing any more, and complete the response. Does not wait for the client.
	 */
	void end();

	/**
	 * Send what clients ignore, if the container would not notice otherwise that the
	 * connection is gone.
	 */
	default void probe() {
	}

	/**
	 * The caller, or {@code null} when there is none.
	 */
	@Nullable McpCaller caller();

	/**
	 * When the token is not accepted any more, or {@code null} if it does not expire.
	 */
	@Nullable Instant expiry();

}
