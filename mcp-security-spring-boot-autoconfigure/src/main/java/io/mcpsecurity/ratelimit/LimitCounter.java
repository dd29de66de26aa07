package io.mcpsecurity.ratelimit;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the outcomes of one limit.
 */
public final class LimitCounter {

	private final String limit;

	private final Map<Outcome, LongAdder> counts = new EnumMap<>(Outcome.class);

	LimitCounter(String limit) {
		this.limit = limit;
		for (Outcome outcome : Outcome.values()) {
			this.counts.put(outcome, new LongAdder());
		}
	}

	void count(Outcome outcome) {
		adder(outcome).increment();
	}

	/** The name of the limit. */
	public String limit() {
		return this.limit;
	}

	/** The number of requests with an outcome since the start. */
	public long total(Outcome outcome) {
		return adder(outcome).sum();
	}

	private LongAdder adder(Outcome outcome) {
		LongAdder adder = this.counts.get(outcome);
		if (adder == null) {
			throw new IllegalStateException("Every outcome is counted");
		}
		return adder;
	}

	/** The outcomes of a request. */
	public enum Outcome {

		/** It was within the limit. */
		ALLOWED,

		/** It was beyond the limit. */
		LIMITED,

		/** It was allowed because the buckets could not be reached. */
		UNCHECKED,

		/** It was refused because the buckets could not be reached. */
		REFUSED

	}

}
