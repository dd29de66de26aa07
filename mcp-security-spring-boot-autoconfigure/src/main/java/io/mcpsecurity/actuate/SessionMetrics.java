package io.mcpsecurity.actuate;

import io.mcpsecurity.transport.Sessions;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Metrics of sessions: the gauge {@value #NAME} of open sessions, the counter
 * {@value #NAME}{@code .ended} by {@code cause} {@code deleted} (by their clients) or
 * {@code expired} (idle, or evicted because a limit was reached), and the gauge
 * {@value #NAME}{@code .streams} of open streams.
 */
public record SessionMetrics(Sessions sessions) implements MeterBinder {

	private static final String NAME = "mcp.security.sessions";

	@Override
	public void bindTo(MeterRegistry registry) {
		Gauge.builder(NAME, this.sessions, Sessions::size).description("Sessions of MCP clients").register(registry);
		Gauge.builder(NAME + ".streams", this.sessions, Sessions::streams)
			.description("Open streams")
			.register(registry);
		FunctionCounter.builder(NAME + ".ended", this.sessions, Sessions::deleted)
			.description("Sessions that have ended")
			.tag("cause", "deleted")
			.register(registry);
		FunctionCounter.builder(NAME + ".ended", this.sessions, Sessions::expired)
			.description("Sessions that have ended")
			.tag("cause", "expired")
			.register(registry);
	}

}
