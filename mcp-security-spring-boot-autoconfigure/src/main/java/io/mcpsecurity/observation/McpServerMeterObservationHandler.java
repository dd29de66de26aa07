package io.mcpsecurity.observation;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler.IgnoredMeters;
import io.micrometer.core.instrument.observation.MeterObservationHandler;
import io.micrometer.observation.Observation;

/**
 * Measures the operations of MCP servers as Micrometer's own handler does, but for the
 * gauge of those that are under way: of each request it takes longer than the timer, and
 * OpenTelemetry's conventions for MCP know none. That of all HTTP requests has them.
 */
public class McpServerMeterObservationHandler implements MeterObservationHandler<McpServerObservationContext> {

	private final DefaultMeterObservationHandler meters;

	/**
	 * Create the handler.
	 * @param registry where meters are kept
	 */
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
