package io.mcpsecurity.observation;

import io.mcpsecurity.exchange.ExchangeObserver;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Trace;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.TraceContext;
import io.micrometer.tracing.Tracer;
import org.jspecify.annotations.Nullable;

/**
 * Adds the position of the HTTP request in a trace to each request. Without a message, no
 * other position is known.
 *
 * @param tracer the application's tracer
 */
public record TraceIds(Tracer tracer) implements ExchangeObserver {

	@Override
	public void arrived(McpExchange request) {
		Trace trace = of(this.tracer.currentSpan());
		if (trace != null) {
			request.trace(trace);
		}
	}

	@Override
	public void ended(McpExchange request) {
	}

	/**
	 * The ids of a span, even if it is not sampled, because other logs contain them as
	 * well.
	 */
	static @Nullable Trace of(@Nullable Span span) {
		if (span == null) {
			return null;
		}
		TraceContext context = span.context();
		return isId(context.traceId()) && isId(context.spanId()) ? new Trace(context.traceId(), context.spanId())
				: null;
	}

	/** Spans of no-op tracers have no ids, or ids with zeros only. */
	private static boolean isId(String id) {
		return id.chars().anyMatch((digit) -> digit != '0');
	}

}
