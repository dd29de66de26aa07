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
	 * @param message where the annotation stands and what is wrong
	 * @param action what to do about it, as the end of a sentence
	 */
	public DeclarationException(String message, String action) {
		super(message);
		this.action = action;
	}

	/**
	 * What to do about it.
	 */
	public String getAction() {
		return this.action;
	}

}
