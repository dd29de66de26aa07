package io.mcpsecurity.ratelimit;

import java.time.Duration;

/**
 * The result of checking a request against limits.
 *
 * @param outcome the outcome
 * @param retryAfter the time after which the same request can succeed; zero if it is
 * allowed
 */
public record Verdict(Outcome outcome, Duration retryAfter) {

	static final Verdict ALLOWED = new Verdict(Outcome.ALLOWED, Duration.ZERO);

	static final Verdict UNAVAILABLE = new Verdict(Outcome.UNAVAILABLE, Duration.ofSeconds(1));

	/**
	 * The request is beyond a limit.
	 * @param retryAfter the time after which the same request can succeed
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

	/** The possible outcomes. */
	public enum Outcome {

		/** The request is allowed. */
		ALLOWED,

		/** The request is beyond a limit. */
		LIMITED,

		/** The limit cannot be checked, so the request is refused. */
		UNAVAILABLE

	}

}
