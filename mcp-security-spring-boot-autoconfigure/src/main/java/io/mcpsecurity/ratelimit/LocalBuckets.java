package io.mcpsecurity.ratelimit;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.EstimationProbe;
import io.github.bucket4j.TimeMeter;
import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.ratelimit.BucketStore.Buckets;
import io.mcpsecurity.ratelimit.BucketStore.Taken;

/**
 * A bounded number of buckets in memory.
 * <p>
 * Only full buckets are evicted, so a client cannot reset its limit by forcing eviction.
 * While the maximum number of buckets is reached, new keys share a few buckets. To keep
 * the capacity occupied, a client must send enough requests to keep the buckets from
 * becoming full.
 * <p>
 * Safe for use by several threads.
 */
final class LocalBuckets implements Buckets {

	private static final int SHARED = 256;

	private final Budget budget;

	private final long maxSize;

	private final TimeMeter clock;

	private final Cache<Sha256, Bucket> own;

	private final ConcurrentMap<Integer, Bucket> shared = new ConcurrentHashMap<>();

	/**
	 * Create buckets.
	 * @param budget the budget of each bucket
	 * @param maxSize the maximum number of buckets, which can be exceeded by the number
	 * of threads
	 * @param nanos supplies the time in nanoseconds
	 */
	LocalBuckets(Budget budget, int maxSize, LongSupplier nanos) {
		this.budget = budget;
		this.maxSize = maxSize;
		this.clock = new Clock(nanos);
		this.own = Caffeine.newBuilder()
			.expireAfter(Expiry.<Sha256, Bucket>writing((key, bucket) -> untilFull(bucket)))
			.ticker(nanos::getAsLong)
			// Maintained by the threads of requests.
			.executor(Runnable::run)
			.build();
	}

	@Override
	public Taken take(Sha256 key) {
		AtomicReference<Taken> taken = new AtomicReference<>();
		if (hasCapacityFor(key)) {
			// Within one update, so that a bucket is not evicted while it is used.
			this.own.asMap().compute(key, (same, known) -> {
				Bucket bucket = (known != null) ? known : newBucket();
				taken.set(take(bucket));
				return bucket;
			});
			return taken.get();
		}
		return take(sharedBucket(key));
	}

	/** Whether all buckets are full. */
	boolean areFull() {
		return this.own.estimatedSize() == 0;
	}

	/** Check whether a token is available, without taking it. */
	Taken look(Sha256 key) {
		Bucket bucket = this.own.getIfPresent(key);
		if (bucket == null) {
			if (hasCapacityFor(key)) {
				return new Taken(true, Duration.ZERO);
			}
			bucket = sharedBucket(key);
		}
		EstimationProbe probe = bucket.estimateAbilityToConsume(1);
		return new Taken(probe.canBeConsumed(), Duration.ofNanos(probe.getNanosToWaitForRefill()));
	}

	/**
	 * The approximate number of buckets that are not full, without the shared buckets.
	 */
	long size() {
		this.own.cleanUp();
		return this.own.estimatedSize();
	}

	private boolean hasCapacityFor(Sha256 key) {
		return this.own.estimatedSize() < this.maxSize || this.own.asMap().containsKey(key) || size() < this.maxSize;
	}

	private Bucket sharedBucket(Sha256 key) {
		return this.shared.computeIfAbsent(Math.floorMod(key.hashCode(), SHARED), (stripe) -> newBucket());
	}

	private Bucket newBucket() {
		return Bucket.builder()
			.addLimit((limit) -> limit.capacity(this.budget.capacity())
				.refillGreedy(this.budget.refill(), this.budget.period()))
			.withCustomTimePrecision(this.clock)
			.build();
	}

	private static Taken take(Bucket bucket) {
		ConsumptionProbe probe = bucket.tryConsumeAndReturnRemaining(1);
		return new Taken(probe.isConsumed(), Duration.ofNanos(probe.getNanosToWaitForRefill()));
	}

	private Duration untilFull(Bucket bucket) {
		return Duration.ofNanos(bucket.estimateAbilityToConsume(this.budget.capacity()).getNanosToWaitForRefill());
	}

	/** Adapts the clock to Bucket4j. */
	private record Clock(LongSupplier nanos) implements TimeMeter {

		@Override
		public long currentTimeNanos() {
			return this.nanos.getAsLong();
		}

		@Override
		public boolean isWallClockBased() {
			return false;
		}

	}

}
