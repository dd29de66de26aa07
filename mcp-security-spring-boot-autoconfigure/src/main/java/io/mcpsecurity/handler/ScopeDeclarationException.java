package io.mcpsecurity.handler;

/**
 * A {@link io.mcpsecurity.RequiresScope} that cannot be enforced as it stands; the
 * application does not start.
 */
public final class ScopeDeclarationException extends IllegalStateException {

	private static final long serialVersionUID = 1L;

	private final String action;

	/**
	 * Create an exception.
	 * @param message where the annotation stands and what is wrong
	 * @param action what to do about it, as the end of a sentence
	 */
	ScopeDeclarationException(String message, String action) {
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
