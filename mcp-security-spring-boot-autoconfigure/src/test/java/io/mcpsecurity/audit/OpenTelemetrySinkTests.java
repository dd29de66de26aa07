package io.mcpsecurity.audit;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.audit.McpAuditEvent.Type;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.testing.exporter.InMemoryLogRecordExporter;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableWebApplicationContext;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Events as log records of OpenTelemetry, through Spring Boot's own SDK.
 */
class OpenTelemetrySinkTests {

	private static final Instant NOON = Instant.parse("2026-03-02T12:00:00.123456789Z");

	private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

	private static final String SPAN = "b7ad6b7169203331";

	private final WebApplicationContextRunner runner = new WebApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues("spring.main.banner-mode=off", "spring.jmx.enabled=false",
				"spring.ai.mcp.server.protocol=STREAMABLE", "mcp-security.resource=https://mcp.example.com/mcp",
				"mcp-security.authorization-servers=https://login.example.com",
				"mcp-security.audit.opentelemetry.enabled=true",
				"management.opentelemetry.logging.export.schedule-delay=10ms");

	@Test
	void eventIsMappedToLogRecordWithAttributes() {
		Map<String, Object> facts = new LinkedHashMap<>();
		facts.put("subject", "alice");
		facts.put("client", "agent");
		facts.put("outcome", "success");
		facts.put("targetKind", "tool");
		facts.put("targetName", "browse");
		facts.put("httpStatus", 200);
		facts.put("durationMs", 1.5);
		facts.put("actorsTruncated", false);
		facts.put("grantedScopes", List.of("a", "b"));
		facts.put("missingScopes", List.of());
		facts.put("actors", List.of(Map.of("subject", "bot"), Map.of("subject", "scheduler")));
		facts.put("arguments", Map.of("query", "string(3)", "deep", Map.of("n", 7, "x", 0.5, "all", true)));
		this.runner.run((context) -> {
			LogRecordData record = record(context, new McpAuditEvent("1", NOON, Type.MCP_CALL, "alice", facts));
			assertThat(record.getEventName()).isEqualTo("mcp.audit");
			assertThat(record.getInstrumentationScopeInfo().getName()).isEqualTo("io.mcpsecurity.audit");
			assertThat(record.getSeverity()).isEqualTo(Severity.INFO);
			assertThat(record.getTimestampEpochNanos()).isEqualTo(NOON.getEpochSecond() * 1_000_000_000 + 123456789);
			assertThat(record.getSpanContext().isValid()).isFalse();
			assertThat(String.valueOf(record.getBodyValue())).contains("alice", "agent", "browse", "success");
			Map<AttributeKey<?>, Object> attributes = record.getAttributes().asMap();
			assertThat(attributes).hasSize(facts.size() + 1)
				.containsEntry(AttributeKey.stringKey("mcp.audit.type"), "MCP_CALL")
				.containsEntry(AttributeKey.stringKey("mcp.audit.subject"), "alice")
				.containsEntry(AttributeKey.longKey("mcp.audit.httpStatus"), 200L)
				.containsEntry(AttributeKey.doubleKey("mcp.audit.durationMs"), 1.5)
				.containsEntry(AttributeKey.booleanKey("mcp.audit.actorsTruncated"), false)
				.containsEntry(AttributeKey.stringArrayKey("mcp.audit.grantedScopes"), List.of("a", "b"))
				.containsEntry(AttributeKey.stringArrayKey("mcp.audit.missingScopes"), List.of());
			assertThat(attributes.get(AttributeKey.valueKey("mcp.audit.actors"))).isEqualTo(Value.of(List
				.of(Value.of(Map.of("subject", Value.of("bot"))), Value.of(Map.of("subject", Value.of("scheduler"))))));
			assertThat(((Value<?>) attributes.get(AttributeKey.valueKey("mcp.audit.arguments"))).asString())
				.contains("\"query\":\"string(3)\"", "\"n\":7", "\"x\":0.5", "\"all\":true");
		});
	}

	@Test
	void refusedRequestsHaveSeverityWarn() {
		for (Type type : List.of(Type.MCP_CALL_DENIED, Type.MCP_AUTHENTICATION_FAILED, Type.MCP_REQUEST_REJECTED)) {
			this.runner.run((context) -> {
				LogRecordData record = record(context,
						new McpAuditEvent("1", NOON, type, null, Map.of("reason", "no")));
				assertThat(record.getSeverity()).isEqualTo(Severity.WARN);
				assertThat(String.valueOf(record.getBodyValue())).contains("An unknown caller", "no");
			});
		}
	}

	@Test
	void logRecordHasTraceContextOfRequest() {
		this.runner.run((context) -> {
			LogRecordData record = record(context,
					new McpAuditEvent("1", NOON, Type.MCP_CALL, "alice", Map.of("traceId", TRACE, "spanId", SPAN)));
			assertThat(record.getSpanContext().getTraceId()).isEqualTo(TRACE);
			assertThat(record.getSpanContext().getSpanId()).isEqualTo(SPAN);
		});
	}

	@Test
	void logRecordHasNoTraceContextOfWritingThread() {
		this.runner.run((context) -> {
			SpanContext other = SpanContext.create(TRACE, SPAN, TraceFlags.getSampled(), TraceState.getDefault());
			try (Scope scope = Context.root().with(Span.wrap(other)).makeCurrent()) {
				assertThat(scope).isNotNull();
				context.getBean(OpenTelemetrySink.class)
					.write(List.of(new McpAuditEvent("1", NOON, Type.MCP_CALL, "alice", Map.of())));
			}
			assertThat(next(context).getSpanContext().isValid()).isFalse();
		});
	}

	@Test
	void whenTraceIdsAreInvalidThenLogRecordHasNoTraceContext() {
		this.runner.run((context) -> {
			LogRecordData record = record(context, new McpAuditEvent("1", NOON, Type.MCP_CALL, "alice",
					Map.of("traceId", "nonsense", "spanId", "nonsense")));
			assertThat(record.getSpanContext().isValid()).isFalse();
		});
	}

	private static LogRecordData record(AssertableWebApplicationContext context, McpAuditEvent event) {
		assertThat(context).hasNotFailed();
		context.getBean(AuditTrail.class).record(event);
		return next(context);
	}

	private static LogRecordData next(AssertableWebApplicationContext context) {
		InMemoryLogRecordExporter exporter = context.getBean(InMemoryLogRecordExporter.class);
		Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> !exporter.getFinishedLogRecordItems().isEmpty());
		assertThat(exporter.getFinishedLogRecordItems()).hasSize(1);
		return exporter.getFinishedLogRecordItems().get(0);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		InMemoryLogRecordExporter exporter() {
			return InMemoryLogRecordExporter.create();
		}

	}

}
