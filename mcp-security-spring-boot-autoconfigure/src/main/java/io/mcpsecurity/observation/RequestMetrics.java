package io.mcpsecurity.observation;

import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

import io.mcpsecurity.exchange.ExchangeObserver;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.token.TokenFailure;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/**
 * Counts and times requests, and counts failed authentications by reason. Clients and
 * subjects are not used as labels.
 */
public final class RequestMetrics implements ExchangeObserver {

	/** The timer of requests to MCP endpoints. */
	public static final String REQUESTS = "mcp.security.requests";

	/** The gauge of active requests to MCP endpoints. */
	public static final String ACTIVE = "mcp.security.requests.active";

	/** The counter of requests without a caller. */
	public static final String AUTHENTICATION_FAILURES = "mcp.security.authentication.failures";

	private final MeterRegistry registry;

	private final RequestLabels labels;

	private final ConcurrentMap<Labels, Timer> timers = new ConcurrentHashMap<>();

	private final LongAdder active = new LongAdder();

	private final ConcurrentMap<String, Counter> failures = new ConcurrentHashMap<>();

	public RequestMetrics(MeterRegistry registry, RequestLabels labels) {
		this.registry = registry;
		this.labels = labels;
		Gauge.builder(ACTIVE, this.active, LongAdder::sum)
			.description("Active requests to MCP endpoints, including open streams")
			.register(registry);
		// Registered at the start with 0, so that the first failure is an increase.
		for (TokenFailure failure : TokenFailure.values()) {
			failures(failure.name().toLowerCase(Locale.ROOT));
		}
	}

	@Override
	public void arrived(McpExchange request) {
		this.active.increment();
	}

	@Override
	public void ended(McpExchange request) {
		this.active.decrement();
		String decision = request.verdict();
		String reason = request.reason();
		Labels labels = new Labels(this.labels.method(request.message()), this.labels.target(request), decision, reason,
				request.result().name().toLowerCase(Locale.ROOT));
		timer(labels).record(request.duration());
		if (decision.equals("unauthenticated")) {
			failures(reason).increment();
		}
	}

	/**
	 * Caches meters, because a lookup in the registry takes longer than using a meter.
	 */
	private Timer timer(Labels labels) {
		Timer known = this.timers.get(labels);
		return (known != null) ? known : this.timers.computeIfAbsent(labels, this::register);
	}

	private Timer register(Labels labels) {
		return Timer.builder(REQUESTS)
			.description("Requests to MCP endpoints, from their arrival to the end of the response")
			.tag("method", labels.method())
			.tag("target", labels.target())
			.tag("decision", labels.decision())
			.tag("reason", labels.reason())
			.tag("outcome", labels.outcome())
			.register(this.registry);
	}

	private Counter failures(String reason) {
		return this.failures.computeIfAbsent(reason,
				(key) -> Counter.builder(AUTHENTICATION_FAILURES)
					.description("Requests to MCP endpoints without an acceptable access token")
					.tag("reason", key)
					.register(this.registry));
	}

	/** The labels of a request. */
	private record Labels(String method, String target, String decision, String reason, String outcome) {
	}

}
