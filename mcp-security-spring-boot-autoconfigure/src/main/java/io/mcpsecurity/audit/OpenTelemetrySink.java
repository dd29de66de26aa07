package io.mcpsecurity.audit;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.logs.LogRecordBuilder;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;

/**
 * The sink {@code opentelemetry}: one log record for each event, with the event name
 * {@code mcp.audit}, in the trace that the request belonged to. The facts are attributes
 * named {@code mcp.audit.}<em>fact</em>.
 */
public final class OpenTelemetrySink implements AuditSink {

	private static final String PREFIX = "mcp.audit.";

	private final Logger logger;

	/**
	 * Create the sink.
	 * @param openTelemetry whose logger provider gets the records
	 */
	public OpenTelemetrySink(OpenTelemetry openTelemetry) {
		this.logger = openTelemetry.getLogsBridge().get("io.mcpsecurity.audit");
	}

	@Override
	public String name() {
		return "opentelemetry";
	}

	@Override
	public void write(List<McpAuditEvent> events) {
		events.forEach(this::write);
	}

	private void write(McpAuditEvent event) {
		LogRecordBuilder record = this.logger.logRecordBuilder()
			.setEventName("mcp.audit")
			.setTimestamp(event.timestamp())
			.setContext(context(event.data()))
			.setSeverity((event.type() == McpAuditEvent.Type.MCP_CALL) ? Severity.INFO : Severity.WARN)
			.setBody(EventSentence.of(event))
			.setAttribute(PREFIX + "type", event.type().name());
		event.data().forEach((name, value) -> set(record, PREFIX + name, value));
		record.emit();
	}

	/**
	 * Not the context of the thread, which is the sink's own. Sampled whether the trace
	 * is or not: processors may leave out records of traces that are not.
	 */
	private static Context context(Map<String, Object> facts) {
		if (facts.get("traceId") instanceof String trace && facts.get("spanId") instanceof String span) {
			return Context.root()
				.with(Span.wrap(SpanContext.create(trace, span, TraceFlags.getSampled(), TraceState.getDefault())));
		}
		return Context.root();
	}

	private static void set(LogRecordBuilder record, String name, Object value) {
		if (value instanceof String text) {
			record.setAttribute(name, text);
		}
		else if (value instanceof Boolean truth) {
			record.setAttribute(name, truth.booleanValue());
		}
		else if (value instanceof Double || value instanceof Float) {
			record.setAttribute(name, ((Number) value).doubleValue());
		}
		else if (value instanceof Number number) {
			record.setAttribute(name, number.longValue());
		}
		else if (value instanceof Collection<?> texts && texts.stream().allMatch(String.class::isInstance)) {
			record.setAttribute(AttributeKey.stringArrayKey(name), texts.stream().map(String.class::cast).toList());
		}
		else {
			record.setAttribute(AttributeKey.valueKey(name), nested(value));
		}
	}

	private static Value<?> nested(Object value) {
		if (value instanceof Map<?, ?> map) {
			Map<String, Value<?>> values = new LinkedHashMap<>();
			map.forEach((name, element) -> values.put(String.valueOf(name), nested(element)));
			return Value.of(values);
		}
		if (value instanceof Collection<?> collection) {
			return Value.of(collection.stream().<Value<?>>map(OpenTelemetrySink::nested).toList());
		}
		if (value instanceof Boolean truth) {
			return Value.of(truth);
		}
		if (value instanceof Double || value instanceof Float) {
			return Value.of(((Number) value).doubleValue());
		}
		if (value instanceof Number number) {
			return Value.of(number.longValue());
		}
		return Value.of(String.valueOf(value));
	}

}
