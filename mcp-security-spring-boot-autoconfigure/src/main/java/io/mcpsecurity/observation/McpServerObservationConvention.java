package io.mcpsecurity.observation;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;

/**
 * Defines the names and key values of the observation of a request. A bean of this type
 * replaces {@link DefaultMcpServerObservationConvention}.
 */
public interface McpServerObservationConvention extends ObservationConvention<McpServerObservationContext> {

	@Override
	default boolean supportsContext(Observation.Context context) {
		return context instanceof McpServerObservationContext;
	}

}
