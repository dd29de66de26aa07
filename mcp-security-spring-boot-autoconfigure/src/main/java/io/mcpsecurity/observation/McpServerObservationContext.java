package io.mcpsecurity.observation;

import java.util.Map;

import io.mcpsecurity.exchange.McpExchange;
import io.micrometer.observation.Observation;

/**
 * The context from which an {@link McpServerObservationConvention} derives names and
 * values.
 */
public final class McpServerObservationContext extends Observation.Context {

	private final McpExchange request;

	/**
	 * Create a context.
	 * @param request the state of the request, which is complete only at the end of the
	 * observation
	 */
	public McpServerObservationContext(McpExchange request) {
		this.request = request;
	}

	/** The state of the request. */
	public McpExchange getRequest() {
		return this.request;
	}

	/**
	 * The parent span in the request's {@code _meta}, as headers of W3C Trace Context.
	 * Empty if a header of the HTTP request contains a parent, or there is no valid one.
	 */
	public Map<String, String> getRemoteParent() {
		return RemoteParent.of(this.request);
	}

}
