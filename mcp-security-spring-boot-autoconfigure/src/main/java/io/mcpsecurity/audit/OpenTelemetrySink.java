package io.mcpsecurity.audit;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.common.Value;
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
		this.logger.logRecordBuilder()
			.setEventName("mcp.audit")
			.setTimestamp(event.timestamp())
			.setContext(context(event.data()))
			.setSeverity((event.type() == McpAuditEvent.Type.MCP_CALL) ? Severity.INFO : Severity.WARN)
			.setBody(EventSentence.of(event))
			.setAttribute(PREFIX + "type", event.type().name())
			.setAllAttributes(attributes(event.data()))
			.emit();
	}

	/**
	 * The context of the request, not that of the sink's thread. It is always marked as
	 * sampled, because processors may drop records of traces that are not sampled.
	 */
	private static Context context(Map<String, Object> facts) {
		if (facts.get("traceId") instanceof String trace && facts.get("spanId") instanceof String span) {
			return Context.root()
				.with(Span.wrap(SpanContext.create(trace, span, TraceFlags.getSampled(), TraceState.getDefault())));
		}
		return Context.root();
	}

	/**
	 * The builder detects the types of values and of list elements. It cannot detect the
	 * element type of an empty list; facts contain only lists of strings.
	 */
	private static Attributes attributes(Map<String, Object> facts) {
		AttributesBuilder attributes = Attributes.builder();
		facts.forEach((name, fact) -> {
			if (fact instanceof Collection<?> list && list.isEmpty()) {
				attributes.put(AttributeKey.stringArrayKey(PREFIX + name), List.of());
			}
			else {
				attributes.put(AttributeKey.valueKey(PREFIX + name), value(fact));
			}
		});
		return attributes.build();
	}

	private static Value<?> value(Object value) {
		if (value instanceof Map<?, ?> map) {
			Map<String, Value<?>> values = new LinkedHashMap<>();
			map.forEach((name, element) -> values.put(String.valueOf(name), value(element)));
			return Value.of(values);
		}
		if (value instanceof Collection<?> collection) {
			return Value.of(collection.stream().<Value<?>>map(OpenTelemetrySink::value).toList());
		}
		if (value instanceof Boolean truth) {
			return Value.of(truth);
		}
		if (value instanceof Double number) {
			return Value.of(number);
		}
		if (value instanceof Number number) {
			return Value.of(number.longValue());
		}
		return Value.of(String.valueOf(value));
	}

}
