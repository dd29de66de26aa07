package io.mcpsecurity.ratelimit;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * All limits of a server, which its MCP endpoints have in common.
 *
 * @param rules the rules of the operator
 * @param failures how often tokens may be refused, or {@code null} for no limit
 * @param calls how many POST requests of a caller are served at once
 * @param streams how many GET requests of a caller are served at once
 */
public record RequestLimits(RateLimits rules, @Nullable AuthenticationFailures failures, ConcurrentRequests calls,
		ConcurrentRequests streams) {

	/**
	 * What each limit did.
	 */
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
