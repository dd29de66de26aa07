package io.mcpsecurity.observation;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
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

	private final MeterRegistry registry;

	private final DefaultMeterObservationHandler events;

	private final ConcurrentMap<Labels, Timer> timers = new ConcurrentHashMap<>();

	/**
	 * Create the handler.
	 * @param registry where meters are kept
	 */
	public McpServerMeterObservationHandler(MeterRegistry registry) {
		this.registry = registry;
		this.events = new DefaultMeterObservationHandler(registry, IgnoredMeters.LONG_TASK_TIMER);
	}

	@Override
	public boolean supportsContext(Observation.Context context) {
		return context instanceof McpServerObservationContext;
	}

	@Override
	public void onStart(McpServerObservationContext context) {
		context.put(Timer.Sample.class, Timer.start(this.registry));
	}

	/**
	 * Looking a timer up in the registry takes longer than using it.
	 */
	@Override
	public void onStop(McpServerObservationContext context) {
		Throwable error = context.getError();
		Labels labels = new Labels(context.getName(), context.getLowCardinalityKeyValues(),
				(error != null) ? error.getClass().getSimpleName() : KeyValue.NONE_VALUE);
		Timer timer = this.timers.get(labels);
		Timer.Sample sample = context.getRequired(Timer.Sample.class);
		sample.stop((timer != null) ? timer : this.timers.computeIfAbsent(labels, this::timer));
	}

	private Timer timer(Labels labels) {
		List<Tag> tags = new ArrayList<>();
		labels.values().forEach((value) -> tags.add(Tag.of(value.getKey(), value.getValue())));
		tags.add(Tag.of("error", labels.error()));
		return this.registry.timer(labels.name(), tags);
	}

	@Override
	public void onEvent(Observation.Event event, McpServerObservationContext context) {
		this.events.onEvent(event, context);
	}

	/**
	 * What makes a timer.
	 */
	private record Labels(String name, KeyValues values, String error) {
	}

}
