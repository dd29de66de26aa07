package io.mcpsecurity.ratelimit;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * All limits of a server, which its MCP endpoints share.
 *
 * @param rules the rules of the operator
 * @param failures the limit of refused tokens, or {@code null} for no limit
 * @param calls the limit of concurrent POST requests of a caller
 * @param streams the limit of streams of a caller
 */
public record RequestLimits(RateLimits rules, @Nullable AuthenticationFailures failures, ConcurrentRequests calls,
		ConcurrentRequests streams) {

	/** The counters of all limits. */
	public List<LimitCounter> counters() {
		List<LimitCounter> counters = new ArrayList<>(this.rules.counters());
		if (this.failures != null) {
			counters.add(this.failures.counter());
		}
		counters.add(this.calls.counter());
		counters.add(this.streams.counter());
		return counters;
	}

}
