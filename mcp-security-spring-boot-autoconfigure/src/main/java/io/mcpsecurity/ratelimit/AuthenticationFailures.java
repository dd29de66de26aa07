package io.mcpsecurity.ratelimit;

import java.util.function.BooleanSupplier;

import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.ratelimit.BucketStore.Taken;
import org.jspecify.annotations.Nullable;

/**
 * How often an address may send tokens that are refused. Each refusal takes a token of
 * the address's bucket; while there is none, refused requests get 429, and the
 * authorization server is asked about no further token. What can be verified here is
 * verified nevertheless: clients behind one address must not suffer from each other.
 * <p>
 * Always in memory: what it protects is this instance, and a flood of bad tokens must not
 * become a flood of requests to somebody else.
 */
public final class AuthenticationFailures {

	/**
	 * The name of this limit.
	 */
	public static final String NAME = "authentication-failures";

	private final LocalBuckets buckets;

	private final LimitCounter counter = new LimitCounter(NAME);

	/**
	 * Create a limit.
	 * @param budget how many failures of an address are allowed
	 * @param maxBuckets the most addresses
	 */
	public AuthenticationFailures(Budget budget, int maxBuckets) {
		this.buckets = new LocalBuckets(budget, maxBuckets, System::nanoTime);
	}

	/**
	 * Whether the authorization server may be asked about a token from an address.
	 * @param address where it comes from
	 * @param known whether the token is known to be good without that, so that it passes
	 * in any case; asked only when it matters
	 */
	public Verdict check(@Nullable String address, BooleanSupplier known) {
		if (this.buckets.areFull()) {
			return Verdict.ALLOWED;
		}
		Taken found = this.buckets.look(key(address));
		return (found.taken() || known.getAsBoolean()) ? Verdict.ALLOWED : limited(found);
	}

	/**
	 * A token from an address was refused.
	 * @return whether the client may be told why
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

	/**
	 * What this limit did.
	 */
	public LimitCounter counter() {
		return this.counter;
	}

	private static Sha256 key(@Nullable String address) {
		return Sha256.of(NetworkAddress.of(address));
	}

}
