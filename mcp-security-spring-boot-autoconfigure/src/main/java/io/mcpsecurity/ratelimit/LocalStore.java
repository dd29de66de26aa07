package io.mcpsecurity.ratelimit;

/**
 * Buckets in the memory of this instance.
 */
public final class LocalStore implements BucketStore {

	private final int maxBuckets;

	/**
	 * Create a store.
	 * @param maxBuckets the maximum number of buckets of each limit
	 */
	public LocalStore(int maxBuckets) {
		this.maxBuckets = maxBuckets;
	}

	@Override
	public Buckets buckets(Budget budget) {
		return new LocalBuckets(budget, this.maxBuckets, System::nanoTime);
	}

}
