package io.mcpsecurity.actuate;

import java.time.Duration;

import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.token.IssuerKeys;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

/**
 * Metrics of the authorization servers' keys, by {@code issuer}: the counter
 * {@value #FETCHES} by {@code result} {@code success} and {@code failure}, the gauge
 * {@value #AGE}, which is NaN before keys were fetched, and the gauge {@value #OUTAGE},
 * which is zero without an outage.
 *
 * @param servers the authorization servers
 */
public record KeyMetrics(AuthorizationServers servers) implements MeterBinder {

	private static final String FETCHES = "mcp.security.keys.fetches";

	private static final String AGE = "mcp.security.keys.age";

	private static final String OUTAGE = "mcp.security.keys.outage";

	@Override
	public void bindTo(MeterRegistry registry) {
		this.servers.keys().forEach((keys) -> {
			FunctionCounter.builder(FETCHES, keys, IssuerKeys::fetches)
				.description("Attempts to fetch keys")
				.tags("issuer", keys.issuer(), "result", "success")
				.register(registry);
			FunctionCounter.builder(FETCHES, keys, IssuerKeys::failures)
				.description("Attempts to fetch keys")
				.tags("issuer", keys.issuer(), "result", "failure")
				.register(registry);
			TimeGauge.builder(AGE, keys, MILLISECONDS, (source) -> millis(source.age(), Double.NaN))
				.description("Age of the current keys")
				.tag("issuer", keys.issuer())
				.register(registry);
			TimeGauge.builder(OUTAGE, keys, MILLISECONDS, (source) -> millis(source.outage(), 0))
				.description("Duration of the current outage")
				.tag("issuer", keys.issuer())
				.register(registry);
		});
	}

	private static double millis(@Nullable Duration duration, double otherwise) {
		return (duration != null) ? duration.toMillis() : otherwise;
	}

}
