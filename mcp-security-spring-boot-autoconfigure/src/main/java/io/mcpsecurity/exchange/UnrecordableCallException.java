package io.mcpsecurity.exchange;

/**
 * The event of a call cannot be accepted, and calls without a trail are not allowed.
 */
public class UnrecordableCallException extends Exception {

	private static final long serialVersionUID = 1L;

	public UnrecordableCallException(String message) {
		super(message);
	}

}
