package io.mcpsecurity.token;

import org.jspecify.annotations.Nullable;

/**
 * An introspection endpoint gave no usable answer. The message says why, and repeats
 * nothing of a token or an answer.
 */
final class IntrospectionException extends Exception {

	private static final long serialVersionUID = 1L;

	private final boolean outage;

	/**
	 * Create an exception.
	 * @param outage whether other tokens would fare no better; where the endpoint only
	 * dislikes one request, whoever sends bad tokens must not shut others out
	 */
	IntrospectionException(String message, boolean outage, @Nullable Throwable cause) {
		super(message, cause);
		this.outage = outage;
	}

	boolean isOutage() {
		return this.outage;
	}

}
