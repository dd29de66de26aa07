package io.mcpsecurity.observation;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;

/**
 * How the observation of a request is named and what it tells. A bean of this type
 * replaces {@link DefaultMcpServerObservationConvention}.
 */
public interface McpServerObservationConvention extends ObservationConvention<McpServerObservationContext> {

	@Override
	default boolean supportsContext(Observation.Context context) {
		return context instanceof McpServerObservationContext;
	}

}
