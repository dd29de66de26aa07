package io.mcpsecurity.observation;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler.IgnoredMeters;
import io.micrometer.core.instrument.observation.MeterObservationHandler;
import io.micrometer.observation.Observation;

/**
 * Measures the operations of MCP servers like Micrometer's own handler, but without a
 * gauge of active operations. That gauge takes more time per request than the timer,
 * OpenTelemetry's conventions for MCP do not define it, and the gauge of active HTTP
 * requests includes these requests.
 */
public class McpServerMeterObservationHandler implements MeterObservationHandler<McpServerObservationContext> {

	private final DefaultMeterObservationHandler meters;

	public McpServerMeterObservationHandler(MeterRegistry registry) {
		this.meters = new DefaultMeterObservationHandler(registry, IgnoredMeters.LONG_TASK_TIMER);
	}

	@Override
	public boolean supportsContext(Observation.Context context) {
		return context instanceof McpServerObservationContext;
	}

	@Override
	public void onStart(McpServerObservationContext context) {
		this.meters.onStart(context);
	}

	@Override
	public void onStop(McpServerObservationContext context) {
		this.meters.onStop(context);
	}

	@Override
	public void onEvent(Observation.Event event, McpServerObservationContext context) {
		this.meters.onEvent(event, context);
	}

}
