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
 * Buckets in memory, a bounded number of them.
 * <p>
 * A bucket is forgotten when it is full again, which changes nothing, and never before:
 * so nobody gets a new one by making this forget the old one. Where there is no room for
 * another, those who come newly share a few buckets until there is. It takes as many
 * requests to keep a place occupied as it takes to keep a bucket from filling up.
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
	 * @param budget what each is filled with
	 * @param maxSize the most buckets; as many more as there are threads at most
	 * @param nanos the time in nanoseconds
	 */
	LocalBuckets(Budget budget, int maxSize, LongSupplier nanos) {
		this.budget = budget;
		this.maxSize = maxSize;
		this.clock = new Clock(nanos);
		this.own = Caffeine.newBuilder()
			.expireAfter(Expiry.<Sha256, Bucket>writing((key, bucket) -> untilFull(bucket)))
			.ticker(nanos::getAsLong)
			// Looked after by the requests themselves: no threads of its own.
			.executor(Runnable::run)
			.build();
	}

	@Override
	public Taken take(Sha256 key) {
		AtomicReference<Taken> taken = new AtomicReference<>();
		if (hasRoomFor(key)) {
			// Within one update, so that a bucket is not forgotten while it is used.
			this.own.asMap().compute(key, (same, known) -> {
				Bucket bucket = (known != null) ? known : newBucket();
				taken.set(take(bucket));
				return bucket;
			});
			return taken.get();
		}
		return take(sharedBucket(key));
	}

	/**
	 * Whether none of the buckets lacks a token.
	 */
	boolean areFull() {
		return this.own.estimatedSize() == 0;
	}

	/**
	 * Whether there is a token, without taking it.
	 */
	Taken look(Sha256 key) {
		Bucket bucket = this.own.getIfPresent(key);
		if (bucket == null) {
			if (hasRoomFor(key)) {
				return new Taken(true, Duration.ZERO);
			}
			bucket = sharedBucket(key);
		}
		EstimationProbe probe = bucket.estimateAbilityToConsume(1);
		return new Taken(probe.canBeConsumed(), Duration.ofNanos(probe.getNanosToWaitForRefill()));
	}

	/**
	 * How many buckets are not full, about, without those that are shared.
	 */
	long size() {
		this.own.cleanUp();
		return this.own.estimatedSize();
	}

	private boolean hasRoomFor(Sha256 key) {
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

	/**
	 * The clock as Bucket4j wants it.
	 */
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
