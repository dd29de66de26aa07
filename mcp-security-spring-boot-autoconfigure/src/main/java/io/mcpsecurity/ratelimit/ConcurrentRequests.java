package io.mcpsecurity.ratelimit;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.hash.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * Limits how many requests of a caller, or without a token of an address, this instance
 * serves at the same time. Memory is used only for callers with a request in progress.
 * <p>
 * Safe for use by several threads.
 */
public final class ConcurrentRequests {

	private final int max;

	private final LimitCounter counter;

	private final ConcurrentMap<Sha256, Integer> underWay = new ConcurrentHashMap<>();

	/**
	 * Create a limit.
	 * @param name the name of the limit in metrics
	 * @param max the maximum number of concurrent requests of a caller
	 */
	public ConcurrentRequests(String name, int max) {
		this.max = max;
		this.counter = new LimitCounter(name);
	}

	/**
	 * Begin a request.
	 * @param caller the caller, or {@code null} without a token
	 * @param address the address of the client, or {@code null}
	 * @return ends the request; only the first call has an effect. {@code null} if the
	 * limit is reached.
	 */
	public @Nullable Runnable begin(@Nullable McpCaller caller, @Nullable String address) {
		Sha256 key = Sha256.ofAll((caller != null) ? Callers.subject(caller) : List.of(NetworkAddress.of(address)));
		AtomicBoolean begun = new AtomicBoolean();
		this.underWay.compute(key, (same, count) -> {
			int now = (count != null) ? count : 0;
			begun.set(now < this.max);
			return begun.get() ? Integer.valueOf(now + 1) : count;
		});
		this.counter.count(begun.get() ? LimitCounter.Outcome.ALLOWED : LimitCounter.Outcome.LIMITED);
		return begun.get() ? () -> {
			if (begun.compareAndSet(true, false)) {
				end(key);
			}
		} : null;
	}

	private void end(Sha256 key) {
		this.underWay.computeIfPresent(key, (same, count) -> (count > 1) ? Integer.valueOf(count - 1) : null);
	}

	/**
	 * The number of callers with a request in progress.
	 */
	public int callers() {
		return this.underWay.size();
	}

	/**
	 * The counter of this limit.
	 */
	public LimitCounter counter() {
		return this.counter;
	}

}
