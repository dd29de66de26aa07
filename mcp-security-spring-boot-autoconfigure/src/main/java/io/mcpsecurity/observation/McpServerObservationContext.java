package io.mcpsecurity.observation;

import java.util.Map;

import io.mcpsecurity.exchange.McpExchange;
import io.micrometer.observation.Observation;

/**
 * What an {@link McpServerObservationConvention} makes names and values from.
 */
public final class McpServerObservationContext extends Observation.Context {

	private final McpExchange request;

	/**
	 * Create a context.
	 * @param request what is known of the request, more at the end of the observation
	 * than at its start
	 */
	public McpServerObservationContext(McpExchange request) {
		this.request = request;
	}

	/**
	 * What is known of the request.
	 */
	public McpExchange getRequest() {
		return this.request;
	}

	/**
	 * Where the request stands in a trace by its {@code _meta}: what W3C Trace Context
	 * would have in headers. Empty when a header of the HTTP request says so, or nothing
	 * that is valid.
	 */
	public Map<String, String> getRemoteParent() {
		return RemoteParent.of(this.request);
	}

}
