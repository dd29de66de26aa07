package io.mcpsecurity.ratelimit;

import java.time.Duration;

/**
 * Whether a request may go on.
 *
 * @param outcome what was found
 * @param retryAfter when the same request can succeed; zero when it may go on
 */
public record Verdict(Outcome outcome, Duration retryAfter) {

	static final Verdict ALLOWED = new Verdict(Outcome.ALLOWED, Duration.ZERO);

	static final Verdict UNAVAILABLE = new Verdict(Outcome.UNAVAILABLE, Duration.ofSeconds(1));

	/**
	 * One too many.
	 * @param retryAfter when the same request can succeed
	 */
	public static Verdict limited(Duration retryAfter) {
		return new Verdict(Outcome.LIMITED, retryAfter);
	}

	public boolean allowed() {
		return this.outcome == Outcome.ALLOWED;
	}

	/**
	 * The time to wait in whole seconds, rounded up, at least one (RFC 9110 section
	 * 10.2.3).
	 */
	public long retryAfterSeconds() {
		return Math.max(1, this.retryAfter.plusNanos(999_999_999).toSeconds());
	}

	/**
	 * What can be found.
	 */
	public enum Outcome {

		/** It may go on. */
		ALLOWED,

		/** There have been too many. */
		LIMITED,

		/** Nobody knows, and so it may not. */
		UNAVAILABLE

	}

}
