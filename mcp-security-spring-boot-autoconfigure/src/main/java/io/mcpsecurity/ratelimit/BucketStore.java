package io.mcpsecurity.ratelimit;

import java.time.Duration;

import io.mcpsecurity.hash.Sha256;

/**
 * Where buckets are.
 */
public interface BucketStore {

	/**
	 * The buckets of one limit.
	 * @param budget what each of them is filled with
	 */
	Buckets buckets(Budget budget);

	/**
	 * Buckets, each of which is full until something is taken from it.
	 */
	interface Buckets {

		/**
		 * Take a token.
		 * @param key whose bucket: a hash over what it belongs to, so that it takes the
		 * same room however long a subject is, and tells nobody who it was
		 * @throws StoreUnavailableException if the buckets cannot be reached
		 */
		Taken take(Sha256 key) throws StoreUnavailableException;

	}

	/**
	 * What came of taking a token.
	 *
	 * @param taken whether there was one
	 * @param untilNext when there will be one again; zero if there was
	 */
	record Taken(boolean taken, Duration untilNext) {
	}

	/**
	 * The buckets cannot be reached.
	 */
	final class StoreUnavailableException extends Exception {

		private static final long serialVersionUID = 1L;

		StoreUnavailableException() {
			super("The buckets of the rate limit cannot be reached", null, false, false);
		}

	}

}
