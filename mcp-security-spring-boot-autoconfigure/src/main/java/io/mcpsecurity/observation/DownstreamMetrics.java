package io.mcpsecurity.observation;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import io.mcpsecurity.exchange.DownstreamUse;
import io.mcpsecurity.exchange.ExchangeObserver;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/**
 * Times requests to downstream services, and the requests for their access tokens.
 */
public final class DownstreamMetrics implements ExchangeObserver {

	/** The timer of requests to downstream services. */
	public static final String REQUESTS = "mcp.security.downstream";

	/** The timer of requests for access tokens. */
	public static final String TOKENS = "mcp.security.downstream.tokens";

	private final MeterRegistry registry;

	private final ConcurrentMap<Labels, Timer> timers = new ConcurrentHashMap<>();

	public DownstreamMetrics(MeterRegistry registry) {
		this.registry = registry;
	}

	@Override
	public void used(DownstreamUse use) {
		// Clients that are not configured have no name.
		String name = (use.service() != null) ? use.service() : "none";
		this.timers
			.computeIfAbsent(new Labels(use.kind() == DownstreamUse.Kind.TOKEN, name, use.outcome()), this::register)
			.record(use.duration());
	}

	private Timer register(Labels labels) {
		return Timer.builder(labels.token() ? TOKENS : REQUESTS)
			.description(labels.token() ? "Requests for access tokens for downstream services"
					: "Requests to downstream services, until the beginning of the response")
			.tag("name", labels.name())
			.tag("outcome", labels.outcome())
			.register(this.registry);
	}

	/** The labels of a use. */
	private record Labels(boolean token, String name, String outcome) {
	}

}
