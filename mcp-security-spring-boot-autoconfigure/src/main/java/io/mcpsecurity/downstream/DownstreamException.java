package io.mcpsecurity.downstream;

/**
 * A request to another service was not sent, or its response is withheld. The message
 * says why. It contains neither tokens nor content of responses, and can be shown to the
 * client.
 */
public final class DownstreamException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String reason;

	DownstreamException(String reason, String message) {
		super(message);
		this.reason = reason;
	}

	/** The reason, one of a bounded set of words, as in audit events and metrics. */
	public String getReason() {
		return this.reason;
	}

}
