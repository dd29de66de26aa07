package io.mcpsecurity.actuate;

import io.mcpsecurity.transport.Sessions;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * How many sessions there are: the gauge {@value #NAME}, the counter
 * {@value #NAME}{@code .ended} by {@code cause} {@code deleted} (by their clients) or
 * {@code forgotten} (not used for long, or for want of room), and the gauge
 * {@value #NAME}{@code .streams} of streams that are open.
 */
public final class SessionMetrics implements MeterBinder {

	private static final String NAME = "mcp.security.sessions";

	private final Sessions sessions;

	/**
	 * Create the metrics.
	 */
	public SessionMetrics(Sessions sessions) {
		this.sessions = sessions;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		Gauge.builder(NAME, this.sessions, Sessions::size).description("Sessions of MCP clients").register(registry);
		Gauge.builder(NAME + ".streams", this.sessions, Sessions::streams)
			.description("Streams that are open")
			.register(registry);
		FunctionCounter.builder(NAME + ".ended", this.sessions, Sessions::deleted)
			.description("Sessions that are over")
			.tag("cause", "deleted")
			.register(registry);
		FunctionCounter.builder(NAME + ".ended", this.sessions, Sessions::expired)
			.description("Sessions that are over")
			.tag("cause", "expired")
			.register(registry);
	}

}
