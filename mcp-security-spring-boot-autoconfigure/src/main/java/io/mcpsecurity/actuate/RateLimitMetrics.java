package io.mcpsecurity.actuate;

import java.util.Locale;

import io.mcpsecurity.ratelimit.LimitCounter;
import io.mcpsecurity.ratelimit.LimitCounter.Outcome;
import io.mcpsecurity.ratelimit.RequestLimits;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * What each limit did with requests: the counter {@value #NAME}, by {@code rule}, the
 * name of the limit, and {@code outcome}: {@code allowed}, {@code limited},
 * {@code unchecked} (let pass while the buckets could not be reached) and {@code refused}
 * (not let pass then).
 */
public final class RateLimitMetrics implements MeterBinder {

	private static final String NAME = "mcp.security.rate.limit";

	private final RequestLimits limits;

	/**
	 * Create the metrics.
	 * @param limits the limits
	 */
	public RateLimitMetrics(RequestLimits limits) {
		this.limits = limits;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		for (LimitCounter counter : this.limits.counters()) {
			for (Outcome outcome : Outcome.values()) {
				FunctionCounter.builder(NAME, counter, (limit) -> limit.total(outcome))
					.description("Requests that a limit was for, by what it did with them")
					.tag("rule", counter.limit())
					.tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
					.register(registry);
			}
		}
	}

}
