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
 * Counts and times requests, and counts failed authentications by their reasons. Neither
 * clients nor subjects are labels.
 */
public final class RequestMetrics implements ExchangeObserver {

	/**
	 * The timer of requests to MCP endpoints.
	 */
	public static final String REQUESTS = "mcp.security.requests";

	/**
	 * The gauge of requests to MCP endpoints that are under way.
	 */
	public static final String ACTIVE = "mcp.security.requests.active";

	/**
	 * The counter of requests without a caller.
	 */
	public static final String AUTHENTICATION_FAILURES = "mcp.security.authentication.failures";

	private final MeterRegistry registry;

	private final RequestLabels labels;

	private final ConcurrentMap<Labels, Timer> timers = new ConcurrentHashMap<>();

	private final LongAdder active = new LongAdder();

	private final ConcurrentMap<String, Counter> failures = new ConcurrentHashMap<>();

	/**
	 * Create the metrics.
	 * @param registry where they are kept
	 * @param labels what labels say of a request
	 */
	public RequestMetrics(MeterRegistry registry, RequestLabels labels) {
		this.registry = registry;
		this.labels = labels;
		Gauge.builder(ACTIVE, this.active, LongAdder::sum)
			.description("Requests to MCP endpoints that are under way, open streams among them")
			.register(registry);
		// Known from the start: what has never failed is 0, and the first failure a rise.
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
	 * Looking a meter up in the registry costs more than using it.
	 */
	private Timer timer(Labels labels) {
		Timer known = this.timers.get(labels);
		return (known != null) ? known : this.timers.computeIfAbsent(labels, this::register);
	}

	private Timer register(Labels labels) {
		return Timer.builder(REQUESTS)
			.description("Requests to MCP endpoints, from their arrival until they are answered")
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

	/**
	 * The labels of a request.
	 */
	private record Labels(String method, String target, String decision, String reason, String outcome) {
	}

}
