package io.mcpsecurity.autoconfigure;

import org.jspecify.annotations.Nullable;

/**
 * A property of this starter that cannot be worked with; the application does not start.
 */
class InvalidMcpSecurityPropertyException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String action;

	/**
	 * Create an exception.
	 * @param property the property's name
	 * @param value its value, or {@code null} when it is not set
	 * @param reason what is wrong
	 * @param action what to do
	 */
	InvalidMcpSecurityPropertyException(String property, @Nullable Object value, String reason, String action) {
		super(((value != null) ? "The property '" + property + "' with the value '" + value + "' "
				: "The property '" + property + "' ") + reason);
		this.action = action;
	}

	String getAction() {
		return this.action;
	}

}
