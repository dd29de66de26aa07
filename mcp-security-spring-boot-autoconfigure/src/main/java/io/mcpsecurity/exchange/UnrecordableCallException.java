package io.mcpsecurity.exchange;

/**
 * Thrown if the event of a call cannot be recorded and unrecorded calls are not allowed.
 */
public class UnrecordableCallException extends Exception {

	private static final long serialVersionUID = 1L;

	public UnrecordableCallException(String message) {
		super(message);
	}

}
