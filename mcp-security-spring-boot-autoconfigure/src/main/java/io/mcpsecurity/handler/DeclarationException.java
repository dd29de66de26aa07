package io.mcpsecurity.handler;

/**
 * A {@link io.mcpsecurity.RequiresScope} that cannot be enforced where it is, a
 * {@link io.mcpsecurity.Sensitive} that has no effect, or an MCP server that cannot be
 * secured; the application does not start.
 */
public final class DeclarationException extends IllegalStateException {

	private static final long serialVersionUID = 1L;

	private final String action;

	/**
	 * Create an exception.
	 * @param message the location of the annotation and the problem
	 * @param action the remedy, as the end of a sentence
	 */
	public DeclarationException(String message, String action) {
		super(message);
		this.action = action;
	}

	/** The remedy. */
	public String getAction() {
		return this.action;
	}

}
