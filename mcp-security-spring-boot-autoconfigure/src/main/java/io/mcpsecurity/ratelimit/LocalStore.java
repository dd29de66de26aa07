package io.mcpsecurity.ratelimit;

/**
 * Buckets in the memory of this instance.
 *
 * @param maxBuckets the maximum number of buckets of each limit
 */
public record LocalStore(int maxBuckets) implements BucketStore {

	@Override
	public Buckets buckets(Budget budget) {
		return new LocalBuckets(budget, this.maxBuckets, System::nanoTime);
	}

}
