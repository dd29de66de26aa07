package io.mcpsecurity.ratelimit;

import java.time.Duration;

import io.github.bucket4j.BucketConfiguration;

/**
 * How much is allowed: a bucket that is full at first, from which each request takes a
 * token, and into which tokens come back evenly.
 *
 * @param capacity the most tokens in the bucket: so many requests at once
 * @param refill how many tokens come back in a period
 * @param period the time in which they do
 */
public record Budget(long capacity, long refill, Duration period) {

	/**
	 * The largest capacity and refill.
	 */
	public static final long MAX_TOKENS = 1_000_000;

	/**
	 * The shortest period.
	 */
	public static final Duration MIN_PERIOD = Duration.ofSeconds(1);

	/**
	 * The longest period.
	 */
	public static final Duration MAX_PERIOD = Duration.ofDays(31);

	/**
	 * Create a budget.
	 * @throws IllegalArgumentException if a value is out of bounds
	 */
	public Budget {
		if (capacity < 1 || capacity > MAX_TOKENS || refill < 1 || refill > MAX_TOKENS) {
			throw new IllegalArgumentException("capacity and refill must be between 1 and " + MAX_TOKENS);
		}
		if (period.compareTo(MIN_PERIOD) < 0 || period.compareTo(MAX_PERIOD) > 0) {
			throw new IllegalArgumentException("the period must be between one second and 31 days");
		}
	}

	BucketConfiguration configuration() {
		return BucketConfiguration.builder()
			.addLimit((limit) -> limit.capacity(this.capacity).refillGreedy(this.refill, this.period))
			.build();
	}

}
