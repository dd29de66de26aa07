package io.mcpsecurity.token;

import java.time.Duration;

import com.github.benmanes.caffeine.cache.Ticker;

/**
 * Prevents calls of a service that fails. It opens after a number of consecutive
 * failures; then there are no calls for a while, and after that one call at a time, until
 * one succeeds.
 */
final class CircuitBreaker {

	private final int threshold;

	private final long pause;

	private final Ticker ticker;

	private int failures;

	private long closedUntil;

	private boolean trying;

	/**
	 * Create a closed breaker.
	 * @param threshold the number of failures that open it, positive
	 * @param pause how long it prevents all calls
	 * @param ticker the time
	 */
	CircuitBreaker(int threshold, Duration pause, Ticker ticker) {
		this.threshold = threshold;
		this.pause = pause.toNanos();
		this.ticker = ticker;
	}

	/** Whether a call may be made. If so, the caller must report its result. */
	synchronized boolean pass() {
		if (this.failures < this.threshold) {
			return true;
		}
		if (this.trying || this.ticker.read() - this.closedUntil < 0) {
			return false;
		}
		this.trying = true;
		return true;
	}

	synchronized void succeeded() {
		this.failures = 0;
		this.trying = false;
	}

	synchronized void failed() {
		this.failures = Math.min(this.failures + 1, this.threshold);
		if (this.failures == this.threshold) {
			this.closedUntil = this.ticker.read() + this.pause;
			this.trying = false;
		}
	}

}
