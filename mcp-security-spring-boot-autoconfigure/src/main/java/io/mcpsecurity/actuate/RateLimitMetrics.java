package io.mcpsecurity.actuate;

import java.util.Locale;

import io.mcpsecurity.ratelimit.LimitCounter;
import io.mcpsecurity.ratelimit.LimitCounter.Outcome;
import io.mcpsecurity.ratelimit.RequestLimits;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Metrics of the rate limits: the counter {@value #NAME}, by {@code rule} (the name of
 * the limit) and {@code outcome}: {@code allowed}, {@code limited}, {@code unchecked}
 * (allowed because the buckets could not be reached) and {@code refused} (refused for the
 * same reason).
 *
 * @param limits the limits
 */
public record RateLimitMetrics(RequestLimits limits) implements MeterBinder {

	private static final String NAME = "mcp.security.rate.limit";

	@Override
	public void bindTo(MeterRegistry registry) {
		for (LimitCounter counter : this.limits.counters()) {
			for (Outcome outcome : Outcome.values()) {
				FunctionCounter.builder(NAME, counter, (limit) -> limit.total(outcome))
					.description("Requests to which a limit applied, by outcome")
					.tag("rule", counter.limit())
					.tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
					.register(registry);
			}
		}
	}

}
