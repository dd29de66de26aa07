package io.mcpsecurity.observation;

import io.mcpsecurity.exchange.ExchangeObserver;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Trace;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.TraceContext;
import io.micrometer.tracing.Tracer;
import org.jspecify.annotations.Nullable;

/**
 * Notes for each request where the HTTP request stands in a trace, which is all there is
 * when no message is read.
 */
public final class TraceIds implements ExchangeObserver {

	private final Tracer tracer;

	/**
	 * Create the observer.
	 * @param tracer the application's tracer
	 */
	public TraceIds(Tracer tracer) {
		this.tracer = tracer;
	}

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
	 * The ids of a span, also of one that is not sampled: other logs have them too.
	 */
	static @Nullable Trace of(@Nullable Span span) {
		if (span == null) {
			return null;
		}
		TraceContext context = span.context();
		return isId(context.traceId()) && isId(context.spanId()) ? new Trace(context.traceId(), context.spanId())
				: null;
	}

	/**
	 * Tracers that do nothing have spans without ids, or with zeros.
	 */
	private static boolean isId(String id) {
		return id.chars().anyMatch((digit) -> digit != '0');
	}

}
