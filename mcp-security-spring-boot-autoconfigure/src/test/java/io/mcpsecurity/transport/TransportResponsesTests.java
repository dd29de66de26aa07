package io.mcpsecurity.transport;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpStatelessServerFeatures;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever goes wrong behind the gate: a JSON-RPC error with the id of the request, and
 * nothing of the inside of the server. Both protocols, synchronous and asynchronous.
 */
class TransportResponsesTests {

	/** Of classes, stack traces, serialized exceptions, and secrets of this test. */
	private static final Pattern INTERNALS = Pattern
		.compile("[A-Z]\\w*(Exception|Error)\\b|\\b(io|org|java|tools|com)\\.[a-z]+\\.|\\bat \\S+\\(|stackTrace|"
				+ "suppressed|jsonRpcError|localizedMessage|Caused by|/opt/secret|\\.java:");

	private static final List<Kind> kinds = new ArrayList<>();

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Protocol protocol : Protocol.values()) {
			for (String type : List.of("SYNC", "ASYNC")) {
				SecuredServer server = SecuredServer.start(
						type.equals("SYNC") ? FailingApplication.class : FailingAsyncApplication.class,
						authorizationServer, "spring.ai.mcp.server.protocol=" + protocol,
						"spring.ai.mcp.server.type=" + type, "server.error.include-message=always",
						"server.error.include-stacktrace=always", "server.error.include-exception=true");
				String session = (protocol == Protocol.STREAMABLE) ? server.initialize(server.token().sign()) : null;
				kinds.add(new Kind(protocol + " " + type, server, session));
			}
		}
	}

	@AfterAll
	static void stop() {
		kinds.forEach((kind) -> kind.server.close());
		authorizationServer.close();
	}

	static Stream<Kind> kinds() {
		return kinds.stream();
	}

	/**
	 * A response that does not end is not accepted: the request waits for its end.
	 */
	@ParameterizedTest
	@MethodSource("kinds")
	@Timeout(120)
	void unknownMethodIsMethodNotFound(Kind kind) {
		for (String method : List.of("no/such", "server/discover", "Tools/Call", "tools/call ", "")) {
			assertError(kind.call(method, "{}"), 200, "7", -32601);
			assertError(kind.send(kind.request(method, "{}").setHeader("MCP-Protocol-Version", "2025-11-25")), 200, "7",
					-32601);
		}
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void aRevisionThatIsNotSupportedIsRefusedWithThoseThatAre(Kind kind) {
		for (String revision : List.of("1.0", "2025-11-26", "v999.0.0")) {
			JsonNode error = assertError(
					kind.send(kind.request("ping", "{}").setHeader("MCP-Protocol-Version", revision)), 400, "7",
					-32022);
			assertThat(error.path("data").toString()).isEqualTo(
					"{\"supported\":[\"2024-11-05\",\"2025-03-26\",\"2025-06-18\",\"2025-11-25\",\"2026-07-28\"],"
							+ "\"requested\":\"" + revision + "\"}");
		}
		assertError(kind.send(kind.request("ping", "{}").setHeader("MCP-Protocol-Version", "")), 400, "7", -32022);
	}

	/**
	 * A client of a later revision begins with its own, and has the server choose.
	 */
	@ParameterizedTest
	@MethodSource("kinds")
	void initializeAcceptsEveryRevision(Kind kind) {
		for (String revision : List.of("2026-07-28", "2027-01-01", "1.0", "")) {
			HttpResponse<String> response = kind.send(kind
				.request("initialize",
						"{\"protocolVersion\":\"2026-07-28\",\"capabilities\":{},"
								+ "\"clientInfo\":{\"name\":\"test\",\"version\":\"1\"}}")
				.setHeader("MCP-Protocol-Version", revision));
			assertThat(response.statusCode()).as(revision).isEqualTo(200);
			assertThat(SecuredServer.json(response).at("/result/protocolVersion").asString()).isEqualTo("2025-11-25");
		}
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void unreadableParamsAreInvalidParams(Kind kind) {
		assertError(kind.call("tools/call", "{\"name\":\"fail\",\"arguments\":\"text\"}"), 200, "7", -32602);
		assertError(kind.call("tools/call", "{\"name\":\"fail\",\"arguments\":[1]}"), 200, "7", -32602);
		assertError(kind.call("prompts/get", "{\"name\":\"fail\",\"arguments\":5}"), 200, "7", -32602);
		assertError(kind.call("completion/complete",
				"{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"fail\"},\"argument\":\"x\"}"), 200, "7", -32602);
		assertError(kind.call("tools/call", "{\"name\":\"fail\",\"_meta\":5}"), 200, "7", -32602);
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void unknownTargetsGetErrorOfServer(Kind kind) {
		assertError(kind.call("tools/call", "{\"name\":\"no-such\"}"), 200, "7", -32602);
		assertError(kind.call("prompts/get", "{\"name\":\"no-such\"}"), 200, "7", -32602);
		assertError(kind.call("resources/read", "{\"uri\":\"no://such\"}"), 200, "7", -32002);
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void exceptionOfHandlerIsInternalErrorWithoutDetails(Kind kind) {
		for (HttpResponse<String> response : List.of(kind.call("tools/call", "{\"name\":\"fail\",\"arguments\":{}}"),
				kind.call("prompts/get", "{\"name\":\"fail\"}"),
				kind.call("resources/read", "{\"uri\":\"fail://x\"}"))) {
			JsonNode error = assertError(response, 200, "7", -32603);
			assertThat(error.path("message").asString()).isEqualTo("Internal error");
			assertThat(error.has("data")).isFalse();
		}
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void mcpErrorOfHandlerIsReturnedUnchanged(Kind kind) {
		JsonNode error = assertError(kind.call("tools/call", "{\"name\":\"mean\",\"arguments\":{}}"), 200, "7", -32603);
		assertThat(error.toString())
			.isEqualTo("{\"code\":-32603,\"message\":\"The archive is shut\",\"data\":{\"until\":\"noon\"}}");
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void acceptHeaderIsParsedAccordingToHttp(Kind kind) {
		for (String accept : List.of("*/*", "application/*, text/*", "application/json;q=0.9, text/event-stream;q=0.1",
				"text/event-stream,application/json", "text/html, */*;q=0.1", "TEXT/*, Application/JSON; charset=utf-8",
				"application/json", "application/*", "application/json, text/event-stream;q=0", "", ",")) {
			HttpResponse<String> response = kind.send(kind.request("ping", "{}").setHeader("Accept", accept));
			assertThat(response.statusCode()).as(accept).isEqualTo(200);
			assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
		}
		for (String accept : List.of("text/event-stream", "text/*", "*/*, application/json;q=0.0")) {
			HttpResponse<String> response = kind.send(kind.request("ping", "{}").setHeader("Accept", accept));
			assertThat(response.statusCode()).as(accept).isEqualTo(200);
			assertThat(response.headers().firstValue("Content-Type")).hasValue("text/event-stream");
			assertThat(SecuredServer.json(response).path("id").asInt()).isEqualTo(7);
		}
		for (String accept : List.of("text/html", "text/html, application/xml", "*/*;q=0",
				"application/json;q=0, text/event-stream;q=0, */*")) {
			assertError(kind.send(kind.request("ping", "{}").setHeader("Accept", accept)), 406, "null", -32600);
		}
		for (String accept : List.of("nonsense", "application/json, text", "*/json", "application/json;q=x",
				"application/json;q=2, */*", "/", "a/b/c d", "application/json; charset=\"")) {
			assertError(kind.send(kind.request("ping", "{}").setHeader("Accept", accept)), 400, "null", -32600);
		}
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void severalAcceptHeadersAreAccepted(Kind kind) {
		assertThat(kind
			.send(kind.request("ping", "{}")
				.setHeader("Accept", "application/json")
				.header("Accept", "text/event-stream"))
			.statusCode()).isEqualTo(200);
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void refusalsOfTransportAreJsonRpcErrors(Kind kind) {
		String token = kind.server.token().sign();
		boolean sessions = kind.session != null;
		HttpRequest.Builder get = HttpRequest.newBuilder(URI.create(kind.server.url()))
			.setHeader("Authorization", "Bearer " + token)
			.setHeader("Accept", "text/event-stream");
		assertError(kind.server.send(get.copy()), sessions ? 400 : 405, "null", -32600);
		assertError(kind.server.send(get.copy().setHeader("Mcp-Session-Id", "no-such")), sessions ? 404 : 405, "null",
				sessions ? -32001 : -32600);
		assertError(kind.server.send(get.copy().setHeader("Accept", "text/html")), 406, "null", -32600);
		assertError(kind.server.send(get.copy().setHeader("Accept", "application/json")), sessions ? 406 : 405, "null",
				-32600);
		assertError(kind.server.send(get.copy().setHeader("Accept", "nonsense")), 400, "null", -32600);
		assertError(kind.server.send(get.copy().DELETE()), sessions ? 400 : 405, "null", -32600);
		assertError(kind.server.send(get.copy().DELETE().setHeader("Mcp-Session-Id", "no-such")), sessions ? 404 : 405,
				"null", sessions ? -32001 : -32600);
		for (String method : List.of("PUT", "PATCH", "OPTIONS")) {
			HttpResponse<String> response = kind.server
				.send(get.copy().method(method, HttpRequest.BodyPublishers.ofString("{}")));
			assertError(response, 405, "null", -32600);
			assertThat(response.headers().firstValue("Allow")).hasValue("GET, POST, DELETE");
		}
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void unexpectedResponseIsRefusedWithoutId(Kind kind) {
		assertError(kind.send(kind.post("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}")), 400, "null", -32600);
		assertError(kind.send(kind.post("{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"error\":{\"code\":1,\"message\":\"m\"}}")),
				400, "null", -32600);
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void missingAndUnknownSessionsAreJsonRpcErrors(Kind kind) {
		if (kind.session != null) {
			assertError(kind.server.send(kind.request("ping", "{}").setHeader("Mcp-Session-Id", "no-such")), 404, "7",
					-32001);
			assertError(kind.server.send(
					kind.server.post(kind.server.token().sign(), "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}")),
					400, "7", -32600);
		}
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void invalidInitializeIsInvalidParams(Kind kind) {
		for (String params : List.of("null", "{}", "{\"protocolVersion\":5}",
				"{\"protocolVersion\":\"2025-11-25\",\"capabilities\":5,\"clientInfo\":{\"name\":\"a\",\"version\":\"1\"}}",
				"{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":\"a\"}",
				"{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{}}",
				"{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"roots\":5},\"clientInfo\":{\"name\":\"a\",\"version\":\"1\"}}",
				"{\"capabilities\":{},\"clientInfo\":{\"name\":\"a\",\"version\":\"1\"}}")) {
			HttpResponse<String> response = kind.call("initialize", params);
			assertThat(response.statusCode()).as(params + " " + response.body()).isIn(200, 400);
			assertThat(INTERNALS.matcher(response.body()).find()).as(response.body()).isFalse();
			JsonNode answer = SecuredServer.json(response);
			if (!answer.has("result")) {
				assertError(response, response.statusCode(), "7", -32602);
			}
		}
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void unknownNotificationsAreAccepted(Kind kind) {
		for (String method : List.of("notifications/no-such", "notifications/initialized", "ping", "tools/call")) {
			HttpResponse<String> response = kind.send(kind
				.post("{\"jsonrpc\":\"2.0\",\"method\":\"" + method + "\",\"params\":{\"name\":\"fail\",\"x\":[5]}}"));
			assertThat(response.statusCode()).isEqualTo(202);
			assertThat(response.body()).isEmpty();
		}
	}

	private static JsonNode assertError(HttpResponse<String> response, int status, String id, int code) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
		assertThat(INTERNALS.matcher(response.body()).find()).as(response.body()).isFalse();
		JsonNode answer = SecuredServer.json(response);
		assertThat(answer.path("jsonrpc").asString()).isEqualTo("2.0");
		assertThat(answer.path("id")).as(response.body()).isEqualTo(JsonMapper.shared().readTree(id));
		assertThat(answer.at("/error/code").asInt()).as(response.body()).isEqualTo(code);
		return answer.path("error");
	}

	/**
	 * One of the four kinds of servers.
	 */
	private record Kind(String name, SecuredServer server, String session) {

		HttpRequest.Builder request(String method, String params) {
			return post("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":" + params + "}");
		}

		HttpRequest.Builder post(String body) {
			HttpRequest.Builder request = this.server.post(this.server.token().sign(), body);
			return (this.session != null) ? request.setHeader("Mcp-Session-Id", this.session) : request;
		}

		HttpResponse<String> send(HttpRequest.Builder request) {
			return this.server.send(request);
		}

		HttpResponse<String> call(String method, String params) {
			return send(request(method, params));
		}

		@Override
		public String toString() {
			return this.name;
		}

	}

	private static RuntimeException failure() {
		return new IllegalStateException("secret of /opt/secret", new IllegalArgumentException("java.lang.Thing"));
	}

	private static McpError meant() {
		return McpError.builder(-32603).message("The archive is shut").data(Map.of("until", "noon")).build();
	}

	private static Tool tool(String name) {
		return Tool.builder(name, Map.of("type", "object")).build();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Failing.class)
	static class FailingApplication {

		@Bean
		List<McpServerFeatures.SyncToolSpecification> tools() {
			return List.of(new McpServerFeatures.SyncToolSpecification(tool("fail"), (exchange, request) -> {
				throw failure();
			}), new McpServerFeatures.SyncToolSpecification(tool("mean"), (exchange, request) -> {
				throw meant();
			}));
		}

		@Bean
		List<McpStatelessServerFeatures.SyncToolSpecification> statelessTools() {
			return List.of(new McpStatelessServerFeatures.SyncToolSpecification(tool("fail"), (context, request) -> {
				throw failure();
			}), new McpStatelessServerFeatures.SyncToolSpecification(tool("mean"), (context, request) -> {
				throw meant();
			}));
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(FailingAsync.class)
	static class FailingAsyncApplication {

		@Bean
		List<McpServerFeatures.AsyncToolSpecification> tools() {
			return List.of(
					new McpServerFeatures.AsyncToolSpecification(tool("fail"),
							(exchange, request) -> Mono.error(failure())),
					new McpServerFeatures.AsyncToolSpecification(tool("mean"),
							(exchange, request) -> Mono.error(meant())));
		}

		@Bean
		List<McpStatelessServerFeatures.AsyncToolSpecification> statelessTools() {
			return List.of(
					new McpStatelessServerFeatures.AsyncToolSpecification(tool("fail"),
							(context, request) -> Mono.error(failure())),
					new McpStatelessServerFeatures.AsyncToolSpecification(tool("mean"),
							(context, request) -> Mono.error(meant())));
		}

	}

	static class Failing {

		@McpPrompt(name = "fail", description = "Fails")
		String prompt() {
			throw failure();
		}

		@McpResource(uri = "fail://x", name = "fail")
		String resource() {
			throw failure();
		}

	}

	static class FailingAsync {

		@McpPrompt(name = "fail", description = "Fails")
		Mono<String> prompt() {
			return Mono.error(failure());
		}

		@McpResource(uri = "fail://x", name = "fail")
		Mono<String> resource() {
			return Mono.error(failure());
		}

	}

}
