package io.mcpsecurity.observation;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RecordedEvents;
import io.mcpsecurity.test.Scrape;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.modelcontextprotocol.spec.McpError;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.McpToolParam;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The spans of requests, made by a real tracer.
 */
class TracingTests {

	private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

	private static final String PARENT = "00f067aa0ba902b7";

	private static final String TRACEPARENT = "00-" + TRACE + "-" + PARENT + "-01";

	private static final Map<Server, SecuredServer> servers = new EnumMap<>(Server.class);

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Server server : Server.values()) {
			List<String> properties = new ArrayList<>(Scrape.PROPERTIES);
			properties.add("spring.ai.mcp.server.protocol=" + server.protocol);
			properties.add("spring.ai.mcp.server.type=" + server.type);
			properties.add("management.tracing.sampling.probability=1.0");
			servers.put(server, SecuredServer.start(TracedApplication.class, authorizationServer,
					properties.toArray(String[]::new)));
		}
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		authorizationServer.close();
	}

	@BeforeEach
	void forget() {
		servers.values().forEach((server) -> {
			server.context().getBean(InMemorySpanExporter.class).reset();
			server.context().getBean(RecordedEvents.class).list().clear();
		});
	}

	@ParameterizedTest
	@EnumSource
	void callIsSpanWithinHttpRequest(Server server) {
		call(server, "tools/call", "{\"name\":\"browse\",\"arguments\":{}}");
		SpanData span = span(server, "tools/call browse");
		assertThat(span.getKind()).isEqualTo(SpanKind.SERVER);
		assertThat(ancestors(server, span)).last().satisfies((root) -> {
			assertThat(root.getName()).startsWith("http post");
			assertThat(root.getParentSpanContext().isValid()).isFalse();
		});
	}

	@ParameterizedTest
	@EnumSource
	void observationOfHandlerIsChildOfCall(Server server) {
		call(server, "tools/call", "{\"name\":\"browse\",\"arguments\":{}}");
		SpanData call = span(server, "tools/call browse");
		assertThat(span(server, "downstream").getParentSpanId()).isEqualTo(call.getSpanId());
		assertThat(span(server, "downstream").getTraceId()).isEqualTo(call.getTraceId());
	}

	@ParameterizedTest
	@EnumSource(names = { "ASYNC_STREAMABLE", "ASYNC_STATELESS" })
	void observationOfReactiveHandlerOnOtherThreadIsChildOfCall(Server server) {
		call(server, "tools/call", "{\"name\":\"elsewhere\",\"arguments\":{}}");
		SpanData call = span(server, "tools/call elsewhere");
		assertThat(span(server, "far downstream").getParentSpanId()).isEqualTo(call.getSpanId());
	}

	@ParameterizedTest
	@EnumSource
	void spanHasAttributesOfSemanticConventions(Server server) {
		call(server, "tools/call", "{\"name\":\"browse\",\"arguments\":{\"query\":\"secret-4711\"}}");
		SpanData span = span(server, "tools/call browse");
		assertThat(attributes(span)).containsEntry("mcp.method.name", "tools/call")
			.containsEntry("gen_ai.tool.name", "browse")
			.containsEntry("gen_ai.operation.name", "execute_tool")
			.containsEntry("jsonrpc.request.id", "7")
			.containsEntry("network.transport", "tcp")
			.containsEntry("network.protocol.name", "http")
			.containsEntry("client.address", "127.0.0.1")
			.containsEntry("mcp.security.decision", "granted")
			.containsEntry("mcp.security.reason", "satisfied")
			.doesNotContainKeys("error.type", "rpc.response.status_code", "gen_ai.prompt.name", "mcp.resource.uri",
					"mcp.protocol.version")
			.doesNotContainValue("none");
		assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
		assertThat(exporter(server).getFinishedSpanItems().toString()).doesNotContain("secret-4711");
	}

	@ParameterizedTest
	@EnumSource
	void promptAndResourceSpansHaveAttributesOfSemanticConventions(Server server) {
		call(server, "prompts/get", "{\"name\":\"summarize\"}");
		assertThat(attributes(span(server, "prompts/get summarize"))).containsEntry("gen_ai.prompt.name", "summarize")
			.doesNotContainKeys("gen_ai.tool.name", "gen_ai.operation.name");
		call(server, "resources/read", "{\"uri\":\"records://4711\"}");
		assertThat(attributes(span(server, "resources/read"))).containsEntry("mcp.resource.uri", "records://4711");
	}

	@ParameterizedTest
	@EnumSource(names = { "SYNC_STREAMABLE", "ASYNC_STREAMABLE" })
	void sessionIdIsHashed(Server server) {
		SecuredServer secured = servers.get(server);
		String token = secured.token("records:browse").sign();
		String session = secured.initialize(token);
		secured.send(secured.post(token, message("tools/call", "{\"name\":\"browse\",\"arguments\":{}}"))
			.setHeader("Mcp-Session-Id", session)
			.setHeader("MCP-Protocol-Version", "2025-11-25"));
		Map<String, String> attributes = attributes(span(server, "tools/call browse"));
		assertThat(attributes.get("mcp.session.id")).hasSize(32).isNotEqualTo(session);
		assertThat(attributes).containsEntry("mcp.protocol.version", "2025-11-25");
		assertThat(exporter(server).getFinishedSpanItems().toString()).doesNotContain(session);
	}

	@ParameterizedTest
	@EnumSource
	void denialIsErrorWithJsonRpcCode(Server server) {
		call(server, "", "tools/call", "{\"name\":\"browse\",\"arguments\":{}}", Map.of());
		SpanData span = span(server, "tools/call browse");
		assertThat(attributes(span)).containsEntry("error.type", "-32011")
			.containsEntry("rpc.response.status_code", "-32011")
			.containsEntry("mcp.security.decision", "denied");
		assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
	}

	@ParameterizedTest
	@EnumSource
	void toolErrorHasErrorTypeToolError(Server server) {
		call(server, "tools/call", "{\"name\":\"fail\",\"arguments\":{}}");
		SpanData span = span(server, "tools/call fail");
		assertThat(attributes(span)).containsEntry("error.type", "tool_error")
			.doesNotContainKey("rpc.response.status_code");
		assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
	}

	@ParameterizedTest
	@EnumSource
	void protocolErrorHasJsonRpcCode(Server server) {
		call(server, "tools/call", "{\"name\":\"nonsense\",\"arguments\":{}}");
		assertThat(attributes(span(server, "tools/call"))).containsEntry("error.type", "-32602")
			.containsEntry("rpc.response.status_code", "-32602")
			.containsEntry("gen_ai.tool.name", "unknown");
	}

	@ParameterizedTest
	@EnumSource(names = { "ASYNC_STREAMABLE", "ASYNC_STATELESS" })
	void customErrorCodeHasErrorTypeOther(Server server) {
		call(server, "resources/read", "{\"uri\":\"broken://1\"}");
		assertThat(attributes(span(server, "resources/read"))).containsEntry("error.type", "_OTHER");
	}

	@ParameterizedTest
	@EnumSource
	void exceptionMessageOfHandlerIsNotInSpan(Server server) {
		call(server, "tools/call", "{\"name\":\"fail\",\"arguments\":{}}");
		span(server, "tools/call fail");
		assertThat(exporter(server).getFinishedSpanItems().toString()).doesNotContain("confidential");
	}

	@ParameterizedTest
	@EnumSource
	void traceOfHttpHeaderIsContinued(Server server) {
		call(server, "records:browse", "tools/call", "{\"name\":\"browse\",\"arguments\":{}}",
				Map.of("traceparent", TRACEPARENT));
		SpanData span = span(server, "tools/call browse");
		assertThat(span.getTraceId()).isEqualTo(TRACE);
		assertThat(ancestors(server, span)).last()
			.satisfies((http) -> assertThat(http.getParentSpanId()).isEqualTo(PARENT));
	}

	@ParameterizedTest
	@EnumSource
	void traceOfMessageIsContinuedAndHttpRequestIsLinked(Server server) {
		call(server, "tools/call", "{\"name\":\"browse\",\"arguments\":{},\"_meta\":{\"traceparent\":\"" + TRACEPARENT
				+ "\",\"tracestate\":\"vendor=4711\"}}");
		SpanData span = span(server, "tools/call browse");
		assertThat(span.getTraceId()).isEqualTo(TRACE);
		assertThat(span.getParentSpanId()).isEqualTo(PARENT);
		assertThat(span.getParentSpanContext().isRemote()).isTrue();
		assertThat(span.getSpanContext().getTraceState().get("vendor")).isEqualTo("4711");
		assertThat(span.getLinks()).singleElement()
			.satisfies((link) -> assertThat(exporter(server).getFinishedSpanItems())
				.anyMatch((other) -> other.getSpanId().equals(link.getSpanContext().getSpanId())
						&& other.getTraceId().equals(link.getSpanContext().getTraceId())
						&& !other.getTraceId().equals(TRACE)));
		assertThat(span(server, "downstream").getTraceId()).isEqualTo(TRACE);
	}

	@ParameterizedTest
	@EnumSource
	void traceOfHttpHeaderTakesPrecedenceOverTraceOfMessage(Server server) {
		call(server, "records:browse", "tools/call",
				"{\"name\":\"browse\",\"arguments\":{},\"_meta\":{\"traceparent\":"
						+ "\"00-11111111111111111111111111111111-1111111111111111-01\"}}",
				Map.of("traceparent", TRACEPARENT));
		SpanData span = span(server, "tools/call browse");
		assertThat(span.getTraceId()).isEqualTo(TRACE);
		assertThat(span.getLinks()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "nonsense", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
			"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
			"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
			"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
			"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
			"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-and-more" })
	void invalidTraceparentOfMessageIsIgnored(String traceparent) {
		Server server = Server.SYNC_STATELESS;
		call(server, "tools/call", "{\"name\":\"browse\",\"arguments\":{},\"_meta\":{\"traceparent\":\"" + traceparent
				+ "\",\"tracestate\":\"vendor=4711\"}}");
		SpanData span = span(server, "tools/call browse");
		assertThat(span.getTraceId()).isNotEqualTo(TRACE);
		assertThat(ancestors(server, span)).last()
			.satisfies((http) -> assertThat(http.getName()).startsWith("http post"));
		assertThat(span.getLinks()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "vendor=\\u0007", "tracestate-beyond-bounds" })
	void invalidTracestateOfMessageIsIgnored(String tracestate) {
		Server server = Server.SYNC_STATELESS;
		String value = tracestate.replace("tracestate-beyond-bounds", "vendor=" + "x".repeat(600));
		call(server, "tools/call", "{\"name\":\"browse\",\"arguments\":{},\"_meta\":{\"traceparent\":\"" + TRACEPARENT
				+ "\",\"tracestate\":\"" + value + "\"}}");
		SpanData span = span(server, "tools/call browse");
		assertThat(span.getTraceId()).isEqualTo(TRACE);
		assertThat(span.getSpanContext().getTraceState().isEmpty()).isTrue();
	}

	@ParameterizedTest
	@EnumSource
	void auditEventOfCallHasTraceAndSpanId(Server server) {
		call(server, "tools/call", "{\"name\":\"browse\",\"arguments\":{}}");
		SpanData span = span(server, "tools/call browse");
		assertThat(event(server).data()).containsEntry("traceId", span.getTraceId())
			.containsEntry("spanId", span.getSpanId());
	}

	@ParameterizedTest
	@EnumSource
	void auditEventOfRequestWithoutMessageHasIdsOfHttpRequest(Server server) {
		SecuredServer secured = servers.get(server);
		secured.send(secured.post(null, "{}"));
		Map<String, Object> data = event(server).data();
		await().untilAsserted(() -> assertThat(exporter(server).getFinishedSpanItems())
			.anyMatch((span) -> span.getKind() == SpanKind.SERVER && span.getTraceId().equals(data.get("traceId")))
			.anyMatch((span) -> span.getSpanId().equals(data.get("spanId"))));
		assertThat(exporter(server).getFinishedSpanItems())
			.filteredOn((span) -> span.getTraceId().equals(data.get("traceId")))
			.noneMatch((span) -> span.getName().contains("tools/"));
	}

	@Test
	void auditEventOfUnsampledRequestHasTraceId() {
		Server server = Server.SYNC_STATELESS;
		call(server, "records:browse", "tools/call", "{\"name\":\"browse\",\"arguments\":{}}",
				Map.of("traceparent", "00-" + TRACE + "-" + PARENT + "-00"));
		assertThat(event(server).data()).containsEntry("traceId", TRACE);
		assertThat(exporter(server).getFinishedSpanItems()).isEmpty();
	}

	@ParameterizedTest
	@EnumSource
	void unknownNamesAreNotInSpan(Server server) {
		call(server, "tools/call", "{\"name\":\"nonsense-4711\",\"arguments\":{}}");
		SpanData span = span(server, "tools/call");
		assertThat(span.getAttributes().toString()).doesNotContain("4711");
	}

	@ParameterizedTest
	@EnumSource(names = { "SYNC_STATELESS", "ASYNC_STREAMABLE" })
	void operationTimerIsExported(Server server) {
		Scrape before = Scrape.of(servers.get(server));
		call(server, "tools/call", "{\"name\":\"browse\",\"arguments\":{}}");
		span(server, "tools/call browse");
		assertThat(Scrape.of(servers.get(server))
			.sum("mcp_server_operation_duration_seconds_count", "mcp_method_name=tools/call", "gen_ai_tool_name=browse",
					"error_type=none")
				- before.sum("mcp_server_operation_duration_seconds_count", "mcp_method_name=tools/call",
						"gen_ai_tool_name=browse", "error_type=none"))
			.isOne();
	}

	private static void call(Server server, String method, String params) {
		call(server, "records:browse", method, params, Map.of());
	}

	private static HttpResponse<String> call(Server server, String scope, String method, String params,
			Map<String, String> headers) {
		SecuredServer secured = servers.get(server);
		String token = secured.token(scope).sign();
		HttpRequest.Builder request = secured.post(token, message(method, params));
		headers.forEach(request::setHeader);
		if (server.protocol == Protocol.STREAMABLE) {
			request.setHeader("Mcp-Session-Id", secured.initialize(token));
			forgetInitialize(server);
		}
		return secured.send(request);
	}

	private static void forgetInitialize(Server server) {
		await().untilAsserted(() -> assertThat(exporter(server).getFinishedSpanItems())
			.anyMatch((span) -> span.getName().startsWith("http post")));
		exporter(server).reset();
		servers.get(server).context().getBean(RecordedEvents.class).list().clear();
	}

	private static String message(String method, String params) {
		return "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":" + params + "}";
	}

	/**
	 * The finished span of a name, once the span of the HTTP request has ended as well.
	 */
	private static SpanData span(Server server, String name) {
		await().untilAsserted(() -> assertThat(exporter(server).getFinishedSpanItems())
			.anyMatch((span) -> span.getName().equals(name))
			.anyMatch((span) -> span.getName().startsWith("http post")));
		return exporter(server).getFinishedSpanItems()
			.stream()
			.filter((span) -> span.getName().equals(name))
			.reduce((first, second) -> second)
			.orElseThrow();
	}

	/**
	 * The span and those that it is part of, as far as they are of this server.
	 */
	private static List<SpanData> ancestors(Server server, SpanData span) {
		List<SpanData> ancestors = new ArrayList<>();
		SpanData current = span;
		while (current != null) {
			ancestors.add(current);
			current = byId(server, current.getParentSpanId());
		}
		return ancestors;
	}

	private static @Nullable SpanData byId(Server server, String id) {
		return exporter(server).getFinishedSpanItems()
			.stream()
			.filter((span) -> span.getSpanId().equals(id))
			.findFirst()
			.orElse(null);
	}

	private static Map<String, String> attributes(SpanData span) {
		Map<String, String> attributes = new TreeMap<>();
		span.getAttributes()
			.forEach((AttributeKey<?> key, Object value) -> attributes.put(key.getKey(), value.toString()));
		return attributes;
	}

	private static McpAuditEvent event(Server server) {
		List<McpAuditEvent> events = servers.get(server).context().getBean(RecordedEvents.class).list();
		await().untilAsserted(() -> assertThat(events).hasSize(1));
		return events.get(0);
	}

	private static InMemorySpanExporter exporter(Server server) {
		return servers.get(server).context().getBean(InMemorySpanExporter.class);
	}

	/**
	 * The kinds of MCP servers.
	 */
	enum Server {

		SYNC_STREAMABLE(Protocol.STREAMABLE, "SYNC"), SYNC_STATELESS(Protocol.STATELESS, "SYNC"),
		ASYNC_STREAMABLE(Protocol.STREAMABLE, "ASYNC"), ASYNC_STATELESS(Protocol.STATELESS, "ASYNC");

		private final Protocol protocol;

		private final String type;

		Server(Protocol protocol, String type) {
			this.protocol = protocol;
			this.type = type;
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ SyncHandlers.class, AsyncHandlers.class })
	static class TracedApplication {

		@Bean
		InMemorySpanExporter exporter() {
			return InMemorySpanExporter.create();
		}

		@Bean
		SimpleSpanProcessor processor(InMemorySpanExporter exporter) {
			return (SimpleSpanProcessor) SimpleSpanProcessor.create(exporter);
		}

		@Bean
		RecordedEvents events() {
			return new RecordedEvents();
		}

	}

	static class SyncHandlers {

		private final ObservationRegistry registry;

		SyncHandlers(ObservationRegistry registry) {
			this.registry = registry;
		}

		@McpTool(name = "browse", description = "Lists records")
		@RequiresScope("records:browse")
		String browse(@McpToolParam(required = false) String query) {
			return Observation.createNotStarted("downstream", this.registry).observe(() -> "browsed");
		}

		@McpTool(name = "fail", description = "Fails")
		String fail() {
			throw new IllegalStateException("confidential");
		}

		@McpResource(uri = "records://{id}", name = "record")
		String record(String id) {
			return id;
		}

		@McpPrompt(name = "summarize", description = "Summarizes")
		String summarize() {
			return "Summarize";
		}

	}

	static class AsyncHandlers {

		private final ObservationRegistry registry;

		AsyncHandlers(ObservationRegistry registry) {
			this.registry = registry;
		}

		@McpTool(name = "browse", description = "Lists records")
		@RequiresScope("records:browse")
		Mono<String> browse(@McpToolParam(required = false) String query) {
			return Mono
				.fromCallable(() -> Observation.createNotStarted("downstream", this.registry).observe(() -> "browsed"));
		}

		@McpTool(name = "elsewhere", description = "Observes on another thread, as reactive clients do")
		Mono<String> elsewhere() {
			return Mono.<String>deferContextual((context) -> {
				Observation parent = context.get("micrometer.observation");
				return Mono.just(Observation.createNotStarted("far downstream", this.registry)
					.parentObservation(parent)
					.observe(() -> "done"));
			}).subscribeOn(Schedulers.boundedElastic());
		}

		@McpTool(name = "fail", description = "Fails")
		Mono<String> fail() {
			return Mono.error(new IllegalStateException("confidential"));
		}

		@McpResource(uri = "records://{id}", name = "record")
		Mono<String> record(String id) {
			return Mono.just(id);
		}

		@McpResource(uri = "broken://{id}", name = "broken")
		Mono<String> broken(String id) {
			return Mono.error(McpError.builder(4711).message("broken").build());
		}

		@McpPrompt(name = "summarize", description = "Summarizes")
		Mono<String> summarize() {
			return Mono.just("Summarize");
		}

	}

}
