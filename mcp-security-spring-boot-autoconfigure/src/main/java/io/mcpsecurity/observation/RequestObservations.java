package io.mcpsecurity.observation;

import java.util.Map;

import io.mcpsecurity.exchange.ExchangeObserver;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Operation;
import io.mcpsecurity.exchange.McpExchange.Scope;
import io.mcpsecurity.message.McpMessage;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Observes each MCP request or notification from the time at which its message has been
 * read until its response is complete, including decision and handler. Requests without a
 * message have only the observation of the HTTP request.
 */
public final class RequestObservations implements ExchangeObserver {

	/** The key under which reactive code finds the current observation. */
	private static final String REACTOR_KEY = "micrometer.observation";

	private static final McpServerObservationConvention DEFAULT_CONVENTION = new DefaultMcpServerObservationConvention();

	private final ObservationRegistry registry;

	private final @Nullable McpServerObservationConvention convention;

	private final RequestLabels labels;

	/**
	 * Create the observations.
	 * @param registry the observation registry
	 * @param convention the application's names and values, or {@code null}
	 * @param labels the labels of requests
	 */
	public RequestObservations(ObservationRegistry registry, @Nullable McpServerObservationConvention convention,
			RequestLabels labels) {
		this.registry = registry;
		this.convention = convention;
		this.labels = labels;
	}

	@Override
	public void read(McpExchange request) {
		McpMessage message = request.message();
		if (message == null || message.method() == null) {
			// A client's response belongs to an operation of the server.
			return;
		}
		Observation observation = Observation.createNotStarted(this.convention, DEFAULT_CONVENTION,
				() -> new McpServerObservationContext(request, this.labels), this.registry);
		if (!observation.isNoop()) {
			request.operation(new Observed(this.registry, observation.start()));
		}
	}

	@Override
	public void ended(McpExchange request) {
		if (request.operation() instanceof Observed observed) {
			String error = DefaultMcpServerObservationConvention.error(request);
			if (error != null) {
				observed.observation().error(new FailedOperationException(error));
			}
			observed.observation().stop();
		}
	}

	/** The operation of an observation. */
	private record Observed(ObservationRegistry registry, Observation observation) implements Operation {

		@Override
		public Scope open() {
			if (this.registry.getCurrentObservation() == this.observation) {
				return Scope.NONE;
			}
			return this.observation.openScope()::close;
		}

		@Override
		public Map<String, Object> reactorContext() {
			return Map.of(REACTOR_KEY, this.observation);
		}

	}

}
