package io.mcpsecurity.observation;

/**
 * The error of an observation whose request failed. The message is the kind of the
 * failure. The exception of a handler is not included, because it can contain
 * confidential data.
 */
final class FailedOperationException extends Exception {

	private static final long serialVersionUID = 1L;

	FailedOperationException(String kind) {
		super(kind, null, false, false);
	}

}
