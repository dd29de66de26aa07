package io.mcpsecurity.ratelimit;

import java.util.function.BooleanSupplier;

import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.ratelimit.BucketStore.Taken;
import org.jspecify.annotations.Nullable;

/**
 * Limits how often an address may send access tokens that are refused. Each refusal takes
 * a token from the bucket of the address. While the bucket is empty, refused requests get
 * 429, and access tokens from the address are not introspected. JWTs are still verified
 * locally, so that clients behind one address do not affect each other.
 * <p>
 * The buckets are always in memory: the limit protects this instance, and a flood of
 * invalid tokens must not cause a flood of requests to Redis.
 */
public final class AuthenticationFailures {

	/** The name of this limit. */
	public static final String NAME = "authentication-failures";

	private final LocalBuckets buckets;

	private final LimitCounter counter = new LimitCounter(NAME);

	/**
	 * Create a limit.
	 * @param budget the failures that are allowed for each address
	 * @param maxBuckets the maximum number of addresses
	 */
	public AuthenticationFailures(Budget budget, int maxBuckets) {
		this.buckets = new LocalBuckets(budget, maxBuckets, System::nanoTime);
	}

	/**
	 * Check whether a token from an address may be introspected.
	 * @param address the address
	 * @param known whether the token is already known to be valid, in which case it
	 * always passes; evaluated only if the bucket is empty
	 */
	public Verdict check(@Nullable String address, BooleanSupplier known) {
		if (this.buckets.areFull()) {
			return Verdict.ALLOWED;
		}
		Taken found = this.buckets.look(key(address));
		return (found.taken() || known.getAsBoolean()) ? Verdict.ALLOWED : limited(found);
	}

	/**
	 * Count a refused token.
	 * @param address the address of the client
	 * @return whether the response may contain the reason
	 */
	public Verdict failed(@Nullable String address) {
		Taken taken = this.buckets.take(key(address));
		if (!taken.taken()) {
			return limited(taken);
		}
		this.counter.count(LimitCounter.Outcome.ALLOWED);
		return Verdict.ALLOWED;
	}

	private Verdict limited(Taken taken) {
		this.counter.count(LimitCounter.Outcome.LIMITED);
		return Verdict.limited(taken.untilNext());
	}

	/** The counter of this limit. */
	public LimitCounter counter() {
		return this.counter;
	}

	private static Sha256 key(@Nullable String address) {
		return Sha256.of(NetworkAddress.of(address));
	}

}
