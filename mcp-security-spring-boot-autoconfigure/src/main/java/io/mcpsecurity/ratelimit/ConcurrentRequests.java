package io.mcpsecurity.ratelimit;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;

/**
 * Limits how many requests of a caller, or without a token of an address, this instance
 * serves at the same time. Memory is used only for callers with a request in progress.
 * <p>
 * Safe for use by several threads.
 */
public final class ConcurrentRequests {

	/** The value of a counter that is being removed. */
	private static final int REMOVED = -1;

	private final int max;

	private final LimitCounter counter;

	private final ConcurrentMap<List<String>, AtomicInteger> underWay = new ConcurrentHashMap<>();

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
		List<String> key = (caller != null) ? Callers.subject(caller) : List.of(NetworkAddress.of(address));
		AtomicInteger count = increment(key);
		this.counter.count((count != null) ? LimitCounter.Outcome.ALLOWED : LimitCounter.Outcome.LIMITED);
		if (count == null) {
			return null;
		}
		AtomicBoolean ended = new AtomicBoolean();
		return () -> {
			if (ended.compareAndSet(false, true)) {
				decrement(key, count);
			}
		};
	}

	/**
	 * Increment a counter without a lock, which the requests of a caller would share.
	 * @return the counter, or {@code null} if the limit is reached
	 */
	private @Nullable AtomicInteger increment(List<String> key) {
		while (true) {
			AtomicInteger count = this.underWay.computeIfAbsent(key, (same) -> new AtomicInteger());
			int before = count.getAndUpdate((value) -> (value == REMOVED || value >= this.max) ? value : value + 1);
			if (before != REMOVED) {
				return (before < this.max) ? count : null;
			}
			Thread.onSpinWait();
		}
	}

	private void decrement(List<String> key, AtomicInteger count) {
		if (count.decrementAndGet() == 0 && count.compareAndSet(0, REMOVED)) {
			this.underWay.remove(key, count);
		}
	}

	/** The number of callers with a request in progress. */
	public int callers() {
		return this.underWay.size();
	}

	/** The counter of this limit. */
	public LimitCounter counter() {
		return this.counter;
	}

}
