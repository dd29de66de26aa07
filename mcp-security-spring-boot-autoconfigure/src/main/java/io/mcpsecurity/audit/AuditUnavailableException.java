package io.mcpsecurity.audit;

/**
 * The event of a call cannot be accepted, and calls without a trail are not allowed.
 */
public class AuditUnavailableException extends Exception {

	private static final long serialVersionUID = 1L;

	public AuditUnavailableException(String message) {
		super(message);
	}

}
