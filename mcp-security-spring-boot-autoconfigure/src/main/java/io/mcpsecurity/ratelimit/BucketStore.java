package io.mcpsecurity.ratelimit;

import java.time.Duration;

import io.mcpsecurity.hash.Sha256;

/**
 * Stores buckets.
 */
public interface BucketStore {

	/**
	 * The buckets of one limit.
	 * @param budget the budget of each bucket
	 */
	Buckets buckets(Budget budget);

	/** Buckets by key. A bucket is full until a token is taken from it. */
	interface Buckets {

		/**
		 * Take a token.
		 * @param key the key of the bucket: a hash, which has a fixed length and does not
		 * reveal the subject
		 * @throws StoreUnavailableException if the buckets cannot be reached
		 */
		Taken take(Sha256 key) throws StoreUnavailableException;

	}

	/**
	 * The result of taking a token.
	 *
	 * @param taken whether a token was taken
	 * @param untilNext the time until a token is available; zero if one was taken
	 */
	record Taken(boolean taken, Duration untilNext) {
	}

	/** The buckets cannot be reached. */
	final class StoreUnavailableException extends Exception {

		private static final long serialVersionUID = 1L;

		StoreUnavailableException() {
			super("The buckets of the rate limit cannot be reached", null, false, false);
		}

	}

}
