package io.mcpsecurity.observation;

import java.util.Map;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.exchange.McpExchange;
import io.micrometer.observation.Observation;
import org.jspecify.annotations.Nullable;

/**
 * The context from which an {@link McpServerObservationConvention} derives names and
 * values.
 */
public final class McpServerObservationContext extends Observation.Context {

	private final McpExchange request;

	private final RequestLabels labels;

	/**
	 * Create a context.
	 * @param request the state of the request, which is complete only at the end of the
	 * observation
	 * @param labels the labels of requests
	 */
	McpServerObservationContext(McpExchange request, RequestLabels labels) {
		this.request = request;
		this.labels = labels;
	}

	/** The caller, or {@code null} for a request without a token. */
	public @Nullable McpCaller getCaller() {
		return this.request.caller();
	}

	McpExchange request() {
		return this.request;
	}

	RequestLabels labels() {
		return this.labels;
	}

	/**
	 * The parent span in the request's {@code _meta}, as headers of W3C Trace Context.
	 * Empty if a header of the HTTP request contains a parent, or there is no valid one.
	 */
	Map<String, String> remoteParent() {
		return RemoteParent.of(this.request);
	}

}
