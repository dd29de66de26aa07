package io.mcpsecurity.ratelimit;

import java.time.Duration;

import io.github.bucket4j.BucketConfiguration;

/**
 * The budget of a limit, as a token bucket. The bucket is full at first, each request
 * takes a token, and tokens are refilled evenly.
 *
 * @param capacity the maximum number of tokens in the bucket, which is the size of a
 * burst
 * @param refill the number of tokens that are refilled in each period
 * @param period the refill period
 */
public record Budget(long capacity, long refill, Duration period) {

	/** The maximum capacity and refill. */
	public static final long MAX_TOKENS = 1_000_000;

	/** The minimum period. */
	public static final Duration MIN_PERIOD = Duration.ofSeconds(1);

	/** The maximum period. */
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
