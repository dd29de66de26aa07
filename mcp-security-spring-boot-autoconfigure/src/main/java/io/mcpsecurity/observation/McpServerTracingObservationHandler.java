package io.mcpsecurity.observation;

import java.util.Map;

import io.mcpsecurity.exchange.McpExchange.Trace;
import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.tracing.Link;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.handler.TracingObservationHandler;
import io.micrometer.tracing.propagation.Propagator;
import org.jspecify.annotations.Nullable;

/**
 * Creates a span for the observation of a request. Its parent is the span of the HTTP
 * request. If the HTTP request has no trace header and the message's {@code _meta}
 * contains a parent, that is the parent instead, and the span of the HTTP request is
 * linked.
 */
public final class McpServerTracingObservationHandler
		implements TracingObservationHandler<McpServerObservationContext> {

	private final Tracer tracer;

	private final Propagator propagator;

	public McpServerTracingObservationHandler(Tracer tracer, Propagator propagator) {
		this.tracer = tracer;
		this.propagator = propagator;
	}

	@Override
	public void onStart(McpServerObservationContext context) {
		Span span = builder(context).kind(Span.Kind.SERVER).start();
		getTracingContext(context).setSpan(span);
		Trace trace = TraceIds.of(span);
		if (trace != null) {
			context.request().trace(trace);
		}
	}

	private Span.Builder builder(McpServerObservationContext context) {
		Span ambient = ambient(context);
		Map<String, String> remote = context.remoteParent();
		if (!remote.isEmpty()) {
			Span.Builder builder = this.propagator.extract(remote, Map::get);
			return (ambient != null) ? builder.addLink(new Link(ambient)) : builder;
		}
		Span.Builder builder = this.tracer.spanBuilder();
		return (ambient != null) ? builder.setParent(ambient.context()) : builder;
	}

	private @Nullable Span ambient(McpServerObservationContext context) {
		Span parent = getParentSpan(context);
		return (parent != null) ? parent : this.tracer.currentSpan();
	}

	@Override
	public void tagSpan(McpServerObservationContext context, Span span) {
		for (KeyValue value : context.getAllKeyValues()) {
			if (!value.getValue().equals(DefaultMcpServerObservationConvention.NONE)) {
				span.tag(value.getKey(), value.getValue());
			}
		}
	}

	@Override
	public void onStop(McpServerObservationContext context) {
		Span span = getRequiredSpan(context);
		span.name(getSpanName(context));
		tagSpan(context, span);
		endSpan(context, span);
	}

	@Override
	public Tracer getTracer() {
		return this.tracer;
	}

	@Override
	public boolean supportsContext(Observation.Context context) {
		return context instanceof McpServerObservationContext;
	}

}
