package io.mcpsecurity.token;

import java.time.Duration;

import com.github.benmanes.caffeine.cache.Ticker;

/**
 * Keeps calls from a service that fails. It opens when a number of calls have failed with
 * no good one between them; then nobody passes for a while, and after that one call at a
 * time, until one of them succeeds.
 */
final class CircuitBreaker {

	private final int threshold;

	private final long pause;

	private final Ticker ticker;

	private int failures;

	private long closedUntil;

	private boolean trying;

	/**
	 * Create a breaker that lets everybody pass.
	 * @param threshold how many failures open it, positive
	 * @param pause how long nobody passes then
	 * @param ticker the time
	 */
	CircuitBreaker(int threshold, Duration pause, Ticker ticker) {
		this.threshold = threshold;
		this.pause = pause.toNanos();
		this.ticker = ticker;
	}

	/**
	 * Whether a call may be made. Who may make one says how it ended.
	 */
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

	/**
	 * A call has succeeded.
	 */
	synchronized void succeeded() {
		this.failures = 0;
		this.trying = false;
	}

	/**
	 * A call has failed.
	 */
	synchronized void failed() {
		this.failures = Math.min(this.failures + 1, this.threshold);
		if (this.failures == this.threshold) {
			this.closedUntil = this.ticker.read() + this.pause;
			this.trying = false;
		}
	}

}
