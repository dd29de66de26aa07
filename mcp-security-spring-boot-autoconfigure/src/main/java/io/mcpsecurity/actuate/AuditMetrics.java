package io.mcpsecurity.actuate;

import java.util.function.ToDoubleFunction;

import io.mcpsecurity.audit.AuditTrail;
import io.mcpsecurity.audit.AuditTrail.SinkStatus;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Metrics of audit events by sink: {@code mcp.security.audit.events} counts published,
 * dropped and failed events, and {@code mcp.security.audit.queue} is the number of queued
 * events.
 *
 * @param trail the trail whose events are counted
 */
public record AuditMetrics(AuditTrail trail) implements MeterBinder {

	@Override
	public void bindTo(MeterRegistry registry) {
		for (SinkStatus sink : this.trail.sinks()) {
			count(registry, sink.name(), "published", SinkStatus::published);
			count(registry, sink.name(), "dropped", SinkStatus::dropped);
			count(registry, sink.name(), "failed", SinkStatus::failed);
			Gauge.builder("mcp.security.audit.queue", this.trail, value(sink.name(), SinkStatus::queued))
				.description("Audit events that are queued or being written")
				.tag("sink", sink.name())
				.register(registry);
		}
	}

	private void count(MeterRegistry registry, String sink, String result, ToDoubleFunction<SinkStatus> count) {
		FunctionCounter.builder("mcp.security.audit.events", this.trail, value(sink, count))
			.description("Audit events by sink and result")
			.tags("sink", sink, "result", result)
			.register(registry);
	}

	private static ToDoubleFunction<AuditTrail> value(String sink, ToDoubleFunction<SinkStatus> value) {
		return (trail) -> trail.sinks()
			.stream()
			.filter((status) -> status.name().equals(sink))
			.mapToDouble(value)
			.findFirst()
			.orElseThrow();
	}

}
