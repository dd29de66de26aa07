package io.mcpsecurity.ratelimit;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * All limits of a server, which its MCP endpoints have in common.
 *
 * @param rules the rules of the operator
 * @param failures how often tokens may be refused, or {@code null} for no limit
 * @param calls how many POST requests of a caller are served at once, or {@code null} for
 * no limit
 * @param streams how many GET requests of a caller are served at once, or {@code null}
 * for no limit
 */
public record RequestLimits(RateLimits rules, @Nullable AuthenticationFailures failures,
		@Nullable ConcurrentRequests calls, @Nullable ConcurrentRequests streams) {

	/**
	 * What each limit did.
	 */
	public List<LimitCounter> counters() {
		List<LimitCounter> counters = new ArrayList<>(this.rules.counters());
		if (this.failures != null) {
			counters.add(this.failures.counter());
		}
		if (this.calls != null) {
			counters.add(this.calls.counter());
		}
		if (this.streams != null) {
			counters.add(this.streams.counter());
		}
		return counters;
	}

}
