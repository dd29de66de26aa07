package io.mcpsecurity.observation;

import io.mcpsecurity.audit.RequestObserver;
import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.audit.RequestRecord.Trace;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import org.jspecify.annotations.Nullable;

/**
 * Notes for each request where the HTTP request stands in a trace, which is all there is
 * when no message is read.
 */
public final class TraceIds implements RequestObserver {

	private final Tracer tracer;

	/**
	 * Create the observer.
	 * @param tracer the application's tracer
	 */
	public TraceIds(Tracer tracer) {
		this.tracer = tracer;
	}

	@Override
	public void arrived(RequestRecord request) {
		Trace trace = of(this.tracer.currentSpan());
		if (trace != null) {
			request.trace(trace);
		}
	}

	@Override
	public void ended(RequestRecord request) {
	}

	static @Nullable Trace of(@Nullable Span span) {
		return (span != null && !span.isNoop()) ? new Trace(span.context().traceId(), span.context().spanId()) : null;
	}

}
