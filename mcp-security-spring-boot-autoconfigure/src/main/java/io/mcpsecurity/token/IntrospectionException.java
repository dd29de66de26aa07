package io.mcpsecurity.token;

import org.jspecify.annotations.Nullable;

/**
 * An introspection endpoint gave no usable response. The message contains nothing of a
 * token or response.
 */
final class IntrospectionException extends Exception {

	private static final long serialVersionUID = 1L;

	private final boolean outage;

	/**
	 * Create an exception.
	 * @param outage whether other tokens would fail as well. If the endpoint only rejects
	 * one request, clients with bad tokens must not cause an outage for others.
	 */
	IntrospectionException(String message, boolean outage, @Nullable Throwable cause) {
		super(message, cause);
		this.outage = outage;
	}

	boolean isOutage() {
		return this.outage;
	}

}
