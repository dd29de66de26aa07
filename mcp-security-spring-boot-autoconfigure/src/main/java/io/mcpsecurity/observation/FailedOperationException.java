package io.mcpsecurity.observation;

/**
 * Tells an observation that its request failed. Its message is the kind of the failure;
 * what a handler threw, which can tell more than may be known, it does not hold.
 */
final class FailedOperationException extends Exception {

	private static final long serialVersionUID = 1L;

	FailedOperationException(String kind) {
		super(kind, null, false, false);
	}

}
