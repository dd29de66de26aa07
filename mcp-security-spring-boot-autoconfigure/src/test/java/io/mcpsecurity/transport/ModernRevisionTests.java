package io.mcpsecurity.transport;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;

import io.mcpsecurity.InputRequiredException;
import io.mcpsecurity.McpInput;
import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RejectedEvents;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.server.McpAsyncServerExchange;
import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ElicitFormRequest;
import io.modelcontextprotocol.spec.McpSchema.ElicitResult;
import io.modelcontextprotocol.spec.McpSchema.ElicitUrlRequest;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import io.modelcontextprotocol.spec.McpSchema.ResourcesUpdatedNotification;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.McpToolParam;
import org.springframework.ai.mcp.annotation.context.McpSyncRequestContext;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests of MCP 2026-07-28 at the endpoint that also serves the earlier revisions, with
 * both protocols of Spring AI.
 */
class ModernRevisionTests {

	private static final String KEYS = "mcp-security.request-state.keys=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

	private static final Map<Protocol, SecuredServer> servers = new EnumMap<>(Protocol.class);

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Protocol protocol : Protocol.values()) {
			servers.put(protocol,
					SecuredServer.start(ModernApplication.class, authorizationServer,
							"spring.ai.mcp.server.protocol=" + protocol, "spring.ai.mcp.server.instructions=Ask",
							"mcp-security.sessions.check-interval=200ms", "mcp-security.token.clock-skew=1ms", KEYS));
		}
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		authorizationServer.close();
	}

	/**
	 * Sinks get events after the responses, and in order.
	 */
	@BeforeEach
	void skipEventsOfOtherTests() {
		for (SecuredServer server : servers.values()) {
			send(server, "last", "{}");
			Awaitility.await().until(() -> events(server).next(), (event) -> "last".equals(event.get("method")));
		}
	}

	private static Calls calls(SecuredServer server) {
		return server.context().getBean(Calls.class);
	}

	private static RejectedEvents events(SecuredServer server) {
		return server.context().getBean(RejectedEvents.class);
	}

	@ParameterizedTest
	@EnumSource
	void serverDescribesItself(Protocol protocol) {
		JsonNode result = result(send(servers.get(protocol), "server/discover", "{}"));
		assertThat(result.path("supportedVersions").valueStream().map(JsonNode::asString)).containsExactly("2024-11-05",
				"2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28");
		assertThat(result.at("/capabilities/tools").isObject()).isTrue();
		assertThat(result.path("instructions").asString()).isEqualTo("Ask");
		assertCacheable(result);
	}

	@ParameterizedTest
	@EnumSource
	void listingsAndReadsAreNotCachedForOtherCallers(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		for (String listing : List.of("tools/list", "prompts/list", "resources/list", "resources/templates/list")) {
			assertCacheable(result(send(server, listing, "{}")));
		}
		JsonNode tools = result(send(server, "tools/list", "{}")).path("tools");
		assertThat(tools.valueStream()
			.filter((tool) -> tool.path("name").asString().equals("move"))
			.map((tool) -> tool.at("/_meta/io.mcpsecurity~1scopes/allOf").size())).containsExactly(2);
		assertCacheable(result(send(server, "resources/read", "{\"uri\":\"records://all\"}", "records:browse")));
	}

	@ParameterizedTest
	@EnumSource
	void callIsServedWithoutSession(Protocol protocol) {
		HttpResponse<String> response = send(servers.get(protocol), "tools/call",
				"{\"name\":\"move\",\"arguments\":{}}", "records:browse", "records:write");
		assertThat(response.headers().firstValue("Mcp-Session-Id")).isEmpty();
		assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
		JsonNode result = result(response);
		assertThat(result.at("/content/0/text").asString()).isEqualTo("moved");
		assertThat(result.has("ttlMs")).isFalse();
		assertThat(result(send(servers.get(protocol), "prompts/get", "{\"name\":\"summarize\"}"))
			.at("/messages/0/content/text")
			.asString()).isEqualTo("Summarize the records");
	}

	/**
	 * MCP 2026-07-28, Authorization: one challenge for all scopes of the operation, and
	 * none of those that the client holds for others.
	 */
	@ParameterizedTest
	@EnumSource
	void challengeNamesAllScopesOfOperation(Protocol protocol) {
		HttpResponse<String> response = send(servers.get(protocol), "tools/call",
				"{\"name\":\"move\",\"arguments\":{}}", "records:browse", "records:other");
		assertThat(response.statusCode()).isEqualTo(403);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow())
			.contains("scope=\"records:write records:browse\"");
	}

	@ParameterizedTest
	@EnumSource
	void unknownTargetsAndMethodsGetTheErrorsOfTheRevision(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		HttpResponse<String> unknown = send(server, "resources/read", "{\"uri\":\"no://such\"}");
		assertError(unknown, 200, -32602);
		assertThat(SecuredServer.json(unknown).at("/error/data/uri").asString()).isEqualTo("no://such");
		assertError(send(server, "tools/call", "{\"name\":\"no-such\"}"), 200, -32602);
		for (String method : List.of("ping", "logging/setLevel", "initialize", "no/such", "tasks/get",
				"notifications/initialized")) {
			assertError(send(server, method, "{}"), 404, -32601);
			assertThat(events(server).next()).containsEntry("reason", "method_not_found");
			assertThat(events(server).size()).isZero();
		}
		assertError(send(server, "resources/subscribe", "{}"), 404, -32601);
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`', value = {
			// Body of this revision, headers of none or another
			"`{'_meta':{'V':'2026-07-28','C':{}}}`, , tools/list, -32020",
			"`{'_meta':{'V':'2026-07-28','C':{}}}`, 2025-11-25, tools/list, -32020",
			"`{'_meta':{'V':'2026-07-28','C':{}}}`, 2026-07-28, tools/call, -32020",
			"`{'_meta':{'V':'2026-07-28','C':{}}}`, 2026-07-28, , -32020",
			"`{'_meta':{'V':'v999','C':{}}}`, 2026-07-28, tools/list, -32020",
			// Headers of this revision, body of another
			"`{}`, 2026-07-28, tools/list, -32602", "`{'_meta':{'C':{}}}`, 2026-07-28, tools/list, -32602",
			"`{'_meta':{'V':5,'C':{}}}`, 2026-07-28, tools/list, -32602",
			"`{'_meta':{'V':'2025-11-25','C':{}}}`, 2026-07-28, tools/list, -32020",
			// What each request must contain
			"`{'_meta':{'V':'2026-07-28'}}`, 2026-07-28, tools/list, -32602",
			"`{'_meta':{'V':'2026-07-28','C':5}}`, 2026-07-28, tools/list, -32602",
			"`{'_meta':{'V':'2026-07-28','C':{},'I':5}}`, 2026-07-28, tools/list, -32602",
			"`{'_meta':{'V':'v999','C':{}}}`, v999, tools/list, -32022",
			"`{'_meta':{'V':'2027-01-01'}}`, 2027-01-01, tools/list, -32022" })
	void requestsThatViolateTheRevisionAreRefusedWithOneEvent(String params, String version, String method, int code) {
		for (SecuredServer server : servers.values()) {
			HttpRequest.Builder request = server.post(server.token().sign(),
					"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\",\"params\":" + params.replace('\'', '"')
						.replace("\"V\"", "\"io.modelcontextprotocol/protocolVersion\"")
						.replace("\"C\"", "\"io.modelcontextprotocol/clientCapabilities\"")
						.replace("\"I\"", "\"io.modelcontextprotocol/clientInfo\"") + "}");
			if (version != null) {
				request.setHeader("MCP-Protocol-Version", version);
			}
			if (method != null) {
				request.setHeader("Mcp-Method", method);
			}
			assertError(server.send(request), 400, code);
			events(server).next();
			assertThat(events(server).size()).isZero();
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					{'name':'echo','arguments':{},'_meta':{V,C}} | Mcp-Name: echo | 200 |
					{'name':'echo','arguments':{},'_meta':{V,C}} | mcp-name: =?base64?ZWNobw==?= | 200 |
					{'name':'echo','arguments':{},'_meta':{V,C}} | Mcp-Name: =?BASE64?ZWNobw==?= | 400 | -32020
					{'name':'echo','arguments':{},'_meta':{V,C}} | Mcp-Name: =?base64?/w==?= | 400 | -32020
					{'name':'echo','arguments':{},'_meta':{V,C}} | Mcp-Name: Echo | 400 | -32020
					{'name':'echo','arguments':{},'_meta':{V,C}} | Mcp-Name: echo+echo | 400 | -32020
					{'name':'echo','arguments':{},'_meta':{V,C}} | Mcp-Method: tools/call | 400 | -32020
					{'name':'echo','arguments':{},'_meta':{V,C}} | MCP-Protocol-Version: 2026-07-28 | 400 | -32020
					{'name':'echo','arguments':[],'_meta':{V,C}} | Mcp-Name: echo | 200 | -32602
					{'name':'echo','_meta':{V,C,'P/clientInfo':null}} | Mcp-Name: echo | 400 | -32602
					{'name':'echo','_meta':{V,C,'P/clientInfo':{'name':5,'version':'1'}}} | Mcp-Name: echo | 400 | -32602
					{'name':'echo','_meta':{V,C,'P/clientInfo':{'name':' ','version':'1'}}} | Mcp-Name: echo | 400 | -32602
					{'name':'echo','_meta':{V,C,'P/clientInfo':{'name':'\\u0000','version':'\\n'}}} | Mcp-Name: echo | 400 | -32602
					{'name':'echo','_meta':{V,C,'P/clientInfo':{'name':'\\u0000','version':'1'}}} | Mcp-Name: echo | 200 |
					{'name':'echo','_meta':{V,C,'P/logLevel':{}}} | Mcp-Name: echo | 200 |
					{'name':'echo','_meta':{V,C,'progressToken':[]}} | Mcp-Name: echo | 200 |
					{'name':'echo','_meta':{V,'P/clientCapabilities':null}} | Mcp-Name: echo | 400 | -32602
					{'name':'echo','_meta':{V,'P/clientCapabilities':{'experimental':5}}} | Mcp-Name: echo | 200 |
					{'name':'echo','_meta':{V,V,C}} | Mcp-Name: echo | 400 | -32700
					{'name':'echo','_meta':{V,C},'_meta':{}} | Mcp-Name: echo | 400 | -32700
					{'name':'echo','_Meta':{V,C}} | Mcp-Name: echo | 400 | -32600
					{'name':'echo','_meta':null} | Mcp-Name: echo | 400 | -32602
					{'name':'echo','_meta':[]} | Mcp-Name: echo | 400 | -32602
					{'name':'echo','_meta':'x'} | Mcp-Name: echo | 400 | -32602
					{'name':['echo'],'_meta':{V,C}} | Mcp-Name: echo | 400 | -32602
					{'name':'echo','inputResponses':null,'requestState':null,'_meta':{V,C}} | Mcp-Name: echo | 200 |
					{'name':'echo','inputResponses':[],'_meta':{V,C}} | Mcp-Name: echo | 400 | -32602
					{'name':'echo','InputResponses':{},'_meta':{V,C}} | Mcp-Name: echo | 400 | -32600
					{'name':'echo','requestState':{},'_meta':{V,C}} | Mcp-Name: echo | 400 | -32602
					[{'name':'echo','_meta':{V,C}}] | Mcp-Name: echo | 400 | -32600
					null | Mcp-Name: echo | 400 | -32602
					""")
	void hostileRequestsAreRefusedWithOneEvent(String params, String header, int status, Integer code) {
		String body = params.replaceAll("\\bV\\b", "'P/protocolVersion':'2026-07-28'")
			.replaceAll("\\bC\\b", "'P/clientCapabilities':{}")
			.replace("P/", "io.modelcontextprotocol/")
			.replace('\'', '"');
		String[] other = header.split(": ");
		for (SecuredServer server : servers.values()) {
			HttpRequest.Builder request = server
				.post(server.token().sign(),
						"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":" + body + "}")
				.setHeader("MCP-Protocol-Version", "2026-07-28")
				.setHeader("Mcp-Method", "tools/call");
			for (String value : other[1].split("\\+")) {
				request.header(other[0], value);
			}
			HttpResponse<String> response = server.send(request);
			assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
			JsonNode error = SecuredServer.json(response).path("error");
			assertThat(error.isMissingNode() ? null : error.path("code").asInt()).as(response.body()).isEqualTo(code);
			if (status != 200) {
				events(server).next();
			}
			assertThat(events(server).size()).isZero();
		}
	}

	@Test
	void batchIsRefusedWithOneEvent() {
		for (SecuredServer server : servers.values()) {
			HttpResponse<String> response = server
				.send(server.modern(server.token().sign(), "tools/list", "{}").POST(BodyPublishers.ofString("[{}]")));
			assertThat(response.statusCode()).isEqualTo(400);
			assertThat(SecuredServer.json(response).at("/error/code").asInt()).isEqualTo(-32600);
			events(server).next();
			assertThat(events(server).size()).isZero();
		}
	}

	/**
	 * MCP 2026-07-28, Streamable HTTP, Earlier Streamable HTTP Revisions.
	 */
	@ParameterizedTest
	@EnumSource
	void requestsWithoutMessageAreNotAllowed(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		for (String method : List.of("GET", "DELETE")) {
			HttpResponse<String> response = server.send(HttpRequest.newBuilder(URI.create(server.url()))
				.method(method, BodyPublishers.noBody())
				.setHeader("Authorization", "Bearer " + server.token().sign())
				.setHeader("MCP-Protocol-Version", "2026-07-28"));
			assertThat(response.statusCode()).as(method).isEqualTo(405);
			assertThat(response.headers().firstValue("Allow")).hasValue("POST");
		}
	}

	@ParameterizedTest
	@EnumSource
	void responsesOfClientsAreRefusedAndNotificationsAreIgnored(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		String token = server.token().sign();
		assertThat(server
			.send(server.post(token,
					"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":"
							+ "{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}}"))
			.statusCode()).isEqualTo(202);
		assertThat(server
			.send(server.post(token, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}")
				.setHeader("MCP-Protocol-Version", "2026-07-28"))
			.statusCode()).isEqualTo(400);
	}

	@Test
	void bothRevisionsAreServedAtOneEndpoint() {
		SecuredServer server = servers.get(Protocol.STREAMABLE);
		String token = server.token("records:browse").sign();
		HttpResponse<String> legacy = server.callTool(token, "browse", "{}");
		HttpResponse<String> modern = server
			.send(server.modern(token, "tools/call", "{\"name\":\"browse\",\"arguments\":{}}"));
		assertThat(SecuredServer.text(legacy)).isEqualTo(SecuredServer.text(modern)).isEqualTo("browsed");
		assertThat(SecuredServer.json(legacy).at("/result").has("resultType")).isFalse();
		assertThat(SecuredServer.json(server.call(token, "resources/read", "{\"uri\":\"no://such\"}"))
			.at("/error/code")
			.asInt()).isEqualTo(-32002);
	}

	@Test
	void whenRevisionIsDisabledThenSupportedRevisionsAreReturned() {
		try (SecuredServer server = SecuredServer.start(ModernApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STREAMABLE", "mcp-security.protocol-revisions=2025-11-25")) {
			HttpResponse<String> response = send(server, "server/discover", "{}");
			assertError(response, 400, -32022);
			assertThat(SecuredServer.json(response).at("/error/data").toString())
				.isEqualTo("{\"supported\":[\"2024-11-05\",\"2025-03-26\",\"2025-06-18\",\"2025-11-25\"],"
						+ "\"requested\":\"2026-07-28\"}");
			assertThat(server.callTool(server.token("records:browse").sign(), "browse", "{}").statusCode())
				.isEqualTo(200);
		}
	}

	@Test
	void whenOnlyThisRevisionIsEnabledThenLegacyRequestsAreRefused() {
		try (SecuredServer server = SecuredServer.start(ModernApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STREAMABLE", "mcp-security.protocol-revisions=2026-07-28")) {
			String token = server.token().sign();
			HttpResponse<String> response = server.send(server.post(token, """
					{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"protocolVersion":"2025-11-25",
					"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"""));
			assertError(response, 400, -32022);
			assertThat(SecuredServer.json(response).at("/error/data/supported").toString())
				.isEqualTo("[\"2026-07-28\"]");
			assertThat(server
				.send(HttpRequest.newBuilder(URI.create(server.url()))
					.setHeader("Authorization", "Bearer " + token)
					.setHeader("Accept", "text/event-stream"))
				.statusCode()).isEqualTo(405);
			result(send(server, "tools/list", "{}"));
		}
	}

	@ParameterizedTest
	@EnumSource
	void handlerThatRequiresInputRunsAgainWithTheInput(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		String token = server.token().sign();
		JsonNode asked = result(server.send(server.modern(token, "tools/call", ask("{}", ""))));
		assertThat(asked.path("resultType").asString()).isEqualTo("input_required");
		assertThat(asked.at("/inputRequests/name/method").asString()).isEqualTo("elicitation/create");
		assertThat(asked.at("/inputRequests/name/params/message").asString()).isEqualTo("Your name?");
		String state = asked.path("requestState").asString();
		assertThat(state).doesNotContain("for");
		JsonNode answered = result(server.send(server.modern(token, "tools/call", ask("{}", answer(state)))));
		assertThat(answered.path("resultType").asString()).isEqualTo("complete");
		assertThat(answered.at("/content/0/text").asString()).isEqualTo("Alice for a");
	}

	@ParameterizedTest
	@EnumSource
	void annotatedPromptCanRequireInput(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		String meta = ",\"_meta\":{\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{}}}}";
		assertThat(result(server.send(server.modern(server.token().sign(), "prompts/get", "{\"name\":\"ask\"" + meta)))
			.path("resultType")
			.asString()).isEqualTo("input_required");
	}

	/**
	 * The MCP SDK replaces the result of a tool whose structured output is missing.
	 */
	@ParameterizedTest
	@EnumSource
	void toolWithStructuredOutputCanRequireInput(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		String ask = ask("{}", "").replace("\"name\":\"ask\"", "\"name\":\"askForNumber\"");
		assertThat(result(server.send(server.modern(server.token().sign(), "tools/call", ask))).path("resultType")
			.asString()).isEqualTo("input_required");
		assertThat(calls(server).next("targetName", "askForNumber")).containsEntry("outcome", "success");
	}

	@ParameterizedTest
	@EnumSource
	void requestStateIsValidOnlyForItsCallerAndRequest(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		String token = server.token().claim("sub", "alice").sign();
		String state = result(server.send(server.modern(token, "tools/call", ask("{}", "")))).path("requestState")
			.asString();
		char flipped = (state.charAt(20) != 'A') ? 'A' : 'B';
		String changed = state.substring(0, 20) + flipped + state.substring(21);
		assertRefusedState(server,
				server.modern(server.token().claim("sub", "bob").sign(), "tools/call", ask("{}", answer(state))));
		String otherClient = server.token().claim("sub", "alice").claim("client_id", "other").sign();
		assertRefusedState(server, server.modern(otherClient, "tools/call", ask("{}", answer(state))));
		// It has the same key, and is another resource.
		SecuredServer other = servers.get((protocol == Protocol.STATELESS) ? Protocol.STREAMABLE : Protocol.STATELESS);
		assertRefusedState(other,
				other.modern(other.token().claim("sub", "alice").sign(), "tools/call", ask("{}", answer(state))));
		assertRefusedState(server, server.modern(token, "tools/call",
				ask("{}", answer(state)).replace("\"name\":\"ask\"", "\"name\":\"askToo\"")));
		assertRefusedState(server, server.modern(token, "tools/call", ask("{\"what\":\"b\"}", answer(state))));
		for (String bad : List.of(changed, state + "A", state.substring(1), "", "-", "A".repeat(60))) {
			assertRefusedState(server, server.modern(token, "tools/call", ask("{}", answer(bad))));
		}
		assertThat(server.send(server.modern(token, "tools/call", ask("{}", ",\"requestState\":5"))).statusCode())
			.isEqualTo(400);
		assertThat(server.send(server.modern(token, "tools/call", ask("{}", ",\"inputResponses\":{\"name\":5}")))
			.statusCode()).isEqualTo(400);
	}

	/**
	 * The state of one instance is valid at another with the same key, and until it
	 * expires.
	 */
	@Test
	void instancesShareStatesByTheirKeys() {
		SecuredServer first = servers.get(Protocol.STREAMABLE);
		String token = first.token().sign();
		String state = result(first.send(first.modern(token, "tools/call", ask("{}", "")))).path("requestState")
			.asString();
		String other = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
		try (SecuredServer second = SecuredServer.start(ModernApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.resource=" + first.url(),
				"mcp-security.request-state.lifetime=1ms",
				"mcp-security.request-state.keys=" + other + "," + KEYS.substring(KEYS.indexOf('=') + 1))) {
			assertThat(result(second.send(second.modern(token, "tools/call", ask("{}", answer(state)))))
				.at("/content/0/text")
				.asString()).isEqualTo("Alice for a");
			String expired = result(second.send(second.modern(token, "tools/call", ask("{}", "")))).path("requestState")
				.asString();
			assertRefusedState(second, second.modern(token, "tools/call", ask("{}", answer(expired))));
			assertRefusedState(first, first.modern(token, "tools/call", ask("{}", answer(expired))));
		}
	}

	@ParameterizedTest
	@EnumSource
	void clientWithoutRequiredCapabilityGetsError(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		HttpResponse<String> response = server
			.send(server.modern(server.token().sign(), "tools/call", "{\"name\":\"ask\",\"arguments\":{}}"));
		assertError(response, 400, -32021);
		assertThat(SecuredServer.json(response).at("/error/data").toString())
			.isEqualTo("{\"requiredCapabilities\":{\"elicitation\":{}}}");
		assertError(server.callTool(server.token().sign(), "ask", "{}"), 200, -32600);
	}

	/**
	 * MCP 2026-07-28, Elicitation, "Capabilities".
	 */
	@ParameterizedTest
	@CsvSource(quoteCharacter = '`',
			value = { "ask, {}, ", "ask, `{'form':{}}`, ", "ask, `{'url':{}}`, {}", "ask, `{'form':{},'url':{}}`, ",
					"askByUrl, {}, `{'url':{}}`", "askByUrl, `{'form':{}}`, `{'url':{}}`", "askByUrl, `{'url':{}}`, " })
	void clientGetsOnlyElicitationOfItsModes(String tool, String modes, String required) {
		SecuredServer server = servers.get(Protocol.STATELESS);
		String ask = ask("{}", "").replace("\"name\":\"ask\"", "\"name\":\"" + tool + "\"")
			.replace("{\"elicitation\":{}}", "{\"elicitation\":" + modes.replace('\'', '"') + "}");
		HttpResponse<String> response = server.send(server.modern(server.token().sign(), "tools/call", ask));
		if (required == null) {
			assertThat(result(response).path("resultType").asString()).isEqualTo("input_required");
		}
		else {
			assertError(response, 400, -32021);
			assertThat(SecuredServer.json(response).at("/error/data/requiredCapabilities/elicitation").toString())
				.isEqualTo(required.replace('\'', '"'));
		}
	}

	@Test
	void subscriptionStreamContainsOnlyRequestedNotifications() throws Exception {
		SecuredServer server = servers.get(Protocol.STREAMABLE);
		String token = server.token("records:browse").sign();
		McpSyncServer mcp = server.context().getBean(McpSyncServer.class);
		try (Listener listener = new Listener(server, server.modern(token, "subscriptions/listen",
				"{\"notifications\":{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"records://all\",\"no://such\"]}}"))) {
			JsonNode acknowledged = listener.next();
			assertThat(acknowledged.path("method").asString()).isEqualTo("notifications/subscriptions/acknowledged");
			assertThat(acknowledged.at("/params/notifications").toString())
				.isEqualTo("{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"records://all\"]}");
			mcp.notifyPromptsListChanged();
			mcp.notifyResourcesUpdated(new ResourcesUpdatedNotification("records://other"));
			mcp.notifyToolsListChanged();
			JsonNode changed = listener.next();
			assertThat(changed.path("method").asString()).isEqualTo("notifications/tools/list_changed");
			assertThat(changed.at("/params/_meta/io.modelcontextprotocol~1subscriptionId").asInt()).isEqualTo(7);
			mcp.notifyResourcesUpdated(new ResourcesUpdatedNotification("records://all"));
			JsonNode updated = listener.next();
			assertThat(updated.path("method").asString()).isEqualTo("notifications/resources/updated");
			assertThat(updated.at("/params/uri").asString()).isEqualTo("records://all");
			assertThat(updated.at("/params/_meta/io.modelcontextprotocol~1subscriptionId").asInt()).isEqualTo(7);
		}
		Awaitility.await().untilAsserted(() -> {
			mcp.notifyToolsListChanged();
			assertThat(server.context().getBean(Sessions.class).streams()).isZero();
		});
	}

	@Test
	void subscriptionToResourceWithoutItsScopesIsRefused() {
		SecuredServer server = servers.get(Protocol.STREAMABLE);
		HttpResponse<String> response = send(server, "subscriptions/listen",
				"{\"notifications\":{\"resourceSubscriptions\":[\"records://all\",\"records://secret\"]}}");
		assertError(response, 403, -32011);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow())
			.contains("scope=\"records:browse records:secret\"");
		assertThat(calls(server).next("method", "subscriptions/listen")).containsEntry("decision", "denied");
		String tooMany = "\"records://all\"" + ",\"records://all\"".repeat(200);
		assertError(
				send(server, "subscriptions/listen",
						"{\"notifications\":{\"resourceSubscriptions\":[" + tooMany + "]}}", "records:browse"),
				400, -32602);
		for (String filter : List.of("5", "[]", "{\"resourceSubscriptions\":5}", "{\"resourceSubscriptions\":[5]}")) {
			assertError(send(server, "subscriptions/listen", "{\"notifications\":" + filter + "}"), 400, -32602);
		}
		assertError(send(servers.get(Protocol.STATELESS), "subscriptions/listen", "{\"notifications\":{}}"), 404,
				-32601);
	}

	@Test
	void whenNeedToKnowThenSubscriptionsLeaveOutHiddenResources() throws Exception {
		try (SecuredServer server = SecuredServer.start(ModernApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STREAMABLE", "mcp-security.policy.visibility=need-to-know",
				"mcp-security.rate-limit.max-concurrent-streams=1", "mcp-security.sessions.check-interval=100ms")) {
			HttpRequest.Builder listen = server.modern(server.token("records:browse").sign(), "subscriptions/listen",
					"{\"notifications\":{\"resourceSubscriptions\":[\"records://all\",\"records://secret\"]}}");
			try (Listener listener = new Listener(server, listen)) {
				assertThat(listener.next().at("/params/notifications").toString())
					.isEqualTo("{\"resourceSubscriptions\":[\"records://all\"]}");
				assertError(server.send(listen), 429, -32015);
				assertThat(events(server).next()).containsEntry("reason", "rate_limited");
				McpSyncServer mcp = server.context().getBean(McpSyncServer.class);
				mcp.notifyResourcesUpdated(new ResourcesUpdatedNotification("records://secret"));
				mcp.notifyResourcesUpdated(new ResourcesUpdatedNotification("records://all"));
				assertThat(listener.next().at("/params/uri").asString()).isEqualTo("records://all");
			}
			assertClosedStreamsAreReleased(server, listen);
		}
	}

	/**
	 * Whenever a client closes the connection, its stream does not count any more.
	 */
	private static void assertClosedStreamsAreReleased(SecuredServer server, HttpRequest.Builder listen)
			throws InterruptedException {
		for (int pause = 0; pause < 20; pause++) {
			CompletableFuture<HttpResponse<Stream<String>>> response = HttpClient.newHttpClient()
				.sendAsync(listen.build(), BodyHandlers.ofLines());
			Thread.sleep(pause);
			response.cancel(true);
			response.thenAccept((opened) -> opened.body().close());
		}
		Awaitility.await().untilAsserted(() -> {
			try (Listener listener = new Listener(server, listen)) {
				listener.next();
			}
		});
		Awaitility.await().until(() -> server.context().getBean(Sessions.class).streams() == 0);
	}

	@Test
	void subscriptionStreamEndsWithItsToken() throws Exception {
		SecuredServer server = servers.get(Protocol.STREAMABLE);
		String token = server.token().claim("exp", Instant.now().plusSeconds(2).getEpochSecond()).sign();
		try (Listener listener = new Listener(server,
				server.modern(token, "subscriptions/listen", "{\"notifications\":{\"toolsListChanged\":true}}"))) {
			listener.next();
			JsonNode end = listener.next();
			assertThat(end.path("id").asInt()).isEqualTo(7);
			assertThat(end.at("/result/resultType").asString()).isEqualTo("complete");
			assertThat(listener.events.hasNext()).isFalse();
		}
	}

	@Test
	void progressPrecedesTheResponseAndLogMessagesOnlyIfTheClientRequestsThem() {
		SecuredServer server = servers.get(Protocol.STREAMABLE);
		String token = server.token().sign();
		String meta = ",\"_meta\":{\"progressToken\":\"p\"%s}}";
		String call = "{\"name\":\"report\",\"arguments\":{}";
		HttpResponse<String> response = server.send(server.modern(token, "tools/call", call + meta.formatted("")));
		assertThat(response.headers().firstValue("Content-Type")).hasValue("text/event-stream");
		assertThat(response.body()).contains("notifications/progress", "\"resultType\":\"complete\"")
			.doesNotContain("notifications/message");
		assertThat(server
			.send(server.modern(token, "tools/call",
					call + meta.formatted(",\"io.modelcontextprotocol/logLevel\":\"warning\"")))
			.body()).contains("a warning").doesNotContain("some information");
	}

	@Test
	void asynchronousHandlerCannotAskThroughTheExchangeAndIsCancelledByClosing() throws Exception {
		try (SecuredServer server = SecuredServer.start(AsyncApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STREAMABLE", "spring.ai.mcp.server.type=ASYNC",
				"mcp-security.sessions.check-interval=100ms")) {
			for (String tool : List.of("elicit", "roots")) {
				assertError(server.send(server.modern(server.token().sign(), "tools/call",
						ask("{}", "").replace("\"name\":\"ask\"", "\"name\":\"" + tool + "\""))), 200, -32603);
			}
			CountDownLatch cancelled = server.context().getBean(CountDownLatch.class);
			try (Listener listener = new Listener(server,
					server.modern(server.token().sign(), "tools/call", "{\"name\":\"wait\",\"arguments\":{}}"))) {
				assertThat(listener.next().path("method").asString()).isEqualTo("notifications/progress");
				assertThat(cancelled.getCount()).isOne();
			}
			assertThat(cancelled.await(20, TimeUnit.SECONDS)).isTrue();
		}
	}

	@Test
	void handlerCannotAskThroughTheExchange() {
		SecuredServer server = servers.get(Protocol.STREAMABLE);
		JsonNode result = result(server.send(server.modern(server.token().sign(), "tools/call",
				ask("{}", "").replace("\"name\":\"ask\"", "\"name\":\"elicit\""))));
		assertThat(result.path("isError").asBoolean()).isTrue();
		assertThat(result.at("/content/0/text").asString()).contains("Elicitation not supported by the client");
	}

	@Test
	void handlerForBothErasSeesThatItCannotAskThroughTheExchange() {
		SecuredServer server = servers.get(Protocol.STREAMABLE);
		assertThat(result(server.send(server.modern(server.token().sign(), "tools/call",
				ask("{}", "").replace("\"name\":\"ask\"", "\"name\":\"askInBothEras\""))))
			.at("/inputRequests/name/method")
			.asString()).isEqualTo("elicitation/create");
	}

	private static String ask(String arguments, String more) {
		return "{\"name\":\"ask\",\"arguments\":" + arguments + more
				+ ",\"_meta\":{\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{}}}}";
	}

	private static String answer(String state) {
		return ",\"inputResponses\":{\"name\":{\"action\":\"accept\",\"content\":{\"name\":\"Alice\"}},\"other\":{}},"
				+ "\"requestState\":\"" + state + "\"";
	}

	private static void assertRefusedState(SecuredServer server, HttpRequest.Builder request) {
		assertError(server.send(request), 400, -32602);
		assertThat(events(server).next()).containsEntry("reason", "request_state");
		assertThat(events(server).size()).isZero();
	}

	/**
	 * Reads the events of a stream one by one.
	 */
	private static final class Listener implements AutoCloseable {

		private final HttpClient http = HttpClient.newHttpClient();

		private final Stream<String> lines;

		private final Iterator<String> events;

		Listener(SecuredServer server, HttpRequest.Builder request) throws IOException, InterruptedException {
			HttpResponse<Stream<String>> response = this.http.send(request.build(), BodyHandlers.ofLines());
			assertThat(response.statusCode()).isEqualTo(200);
			this.lines = response.body();
			this.events = this.lines.filter((line) -> line.startsWith("data:")).iterator();
		}

		JsonNode next() {
			return JsonMapper.shared().readTree(this.events.next().substring(5));
		}

		@Override
		public void close() {
			this.lines.close();
		}

	}

	private static HttpResponse<String> send(SecuredServer server, String method, String params, String... scopes) {
		return server.send(server.modern(server.token(scopes).sign(), method, params));
	}

	private static JsonNode result(HttpResponse<String> response) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		JsonNode result = SecuredServer.json(response).path("result");
		assertThat(result.path("resultType").asString()).as(response.body()).isIn("complete", "input_required");
		assertThat(result.at("/_meta/io.modelcontextprotocol~1serverInfo/name").asString()).isNotEmpty();
		return result;
	}

	private static void assertCacheable(JsonNode result) {
		assertThat(result.path("cacheScope").asString()).isEqualTo("private");
		assertThat(result.path("ttlMs").asInt(-1)).isZero();
	}

	private static void assertError(HttpResponse<String> response, int status, int code) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
		JsonNode answer = SecuredServer.json(response);
		assertThat(answer.path("id").asInt()).isEqualTo(7);
		assertThat(answer.at("/error/code").asInt()).as(response.body()).isEqualTo(code);
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Records.class)
	static class ModernApplication {

		@Bean
		RejectedEvents events() {
			return new RejectedEvents();
		}

		@Bean
		Calls calls() {
			return new Calls();
		}

		/**
		 * Spring AI's auto-configuration has no property for subscriptions.
		 */
		@Bean
		@ConditionalOnProperty(name = "spring.ai.mcp.server.protocol", havingValue = "STREAMABLE")
		ServerCapabilities.Builder capabilitiesBuilder() {
			return new ServerCapabilities.Builder() {

				@Override
				public ServerCapabilities.Builder resources(Boolean subscribe, Boolean listChanged) {
					return super.resources(true, listChanged);
				}

			};
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class AsyncApplication {

		@Bean
		CountDownLatch cancelled() {
			return new CountDownLatch(1);
		}

		@Bean
		List<McpServerFeatures.AsyncToolSpecification> tools(CountDownLatch cancelled) {
			return List.of(asking("elicit", (exchange) -> exchange.createElicitation(Records.NAME)),
					asking("roots", McpAsyncServerExchange::listRoots),
					new McpServerFeatures.AsyncToolSpecification(Tool.builder("wait", Map.of("type", "object")).build(),
							(exchange, request) -> exchange
								.progressNotification(new ProgressNotification("p", 0.5, null, null, null))
								.then(Mono.<CallToolResult>never().doOnCancel(cancelled::countDown))));
		}

		private static McpServerFeatures.AsyncToolSpecification asking(String name,
				Function<McpAsyncServerExchange, Mono<?>> question) {
			return new McpServerFeatures.AsyncToolSpecification(Tool.builder(name, Map.of("type", "object")).build(),
					(exchange, request) -> question.apply(exchange)
						.thenReturn(CallToolResult.builder().addTextContent("answered").build()));
		}

	}

	/**
	 * Keeps the events of calls, granted and denied ones.
	 */
	static final class Calls implements AuditSink {

		private final BlockingQueue<Map<String, Object>> events = new LinkedBlockingQueue<>();

		@Override
		public String name() {
			return "calls";
		}

		@Override
		public void write(List<McpAuditEvent> events) {
			events.stream()
				.filter((event) -> event.type() == McpAuditEvent.Type.MCP_CALL
						|| event.type() == McpAuditEvent.Type.MCP_CALL_DENIED)
				.forEach((event) -> this.events.add(event.data()));
		}

		/**
		 * The next event with a value; others are skipped.
		 */
		Map<String, Object> next(String key, String value) {
			return Awaitility.await()
				.until(this.events::poll, (event) -> event != null && value.equals(event.get(key)));
		}

	}

	static class Records {

		static final ElicitFormRequest NAME = ElicitFormRequest
			.builder("Your name?", Map.of("type", "object", "properties", Map.of()))
			.build();

		@McpTool(name = "browse")
		@RequiresScope("records:browse")
		String browse() {
			return "browsed";
		}

		@McpTool(name = "move")
		@RequiresScope({ "records:browse", "records:write" })
		String move() {
			return "moved";
		}

		@McpResource(uri = "records://all", name = "all")
		@RequiresScope("records:browse")
		String all() {
			return "all records";
		}

		@McpResource(uri = "records://secret", name = "secret")
		@RequiresScope("records:secret")
		String secret() {
			return "secret records";
		}

		@McpTool(name = "report")
		String report(McpSyncRequestContext context) {
			context.progress((progress) -> progress.percentage(50));
			context.info("some information");
			context.warn("a warning");
			return "reported";
		}

		@McpTool(name = "elicit")
		String elicit(McpSyncRequestContext context) {
			return String.valueOf(context.elicit(NAME));
		}

		@McpTool(name = "askInBothEras")
		String askInBothEras(McpSyncRequestContext context) {
			if (context.elicitEnabled()) {
				return String.valueOf(context.elicit(NAME));
			}
			throw new InputRequiredException(null).elicit("name", NAME);
		}

		@McpTool(name = "askForNumber", generateOutputSchema = true)
		Output askForNumber() {
			throw new InputRequiredException(null).elicit("name", NAME);
		}

		record Output(int number) {
		}

		@McpTool(name = "askByUrl")
		String askByUrl() {
			throw new InputRequiredException(null).elicit("page",
					ElicitUrlRequest.builder("Sign in", "https://example.com/", "1").build());
		}

		@McpTool(name = "echo")
		String echo() {
			return "echo";
		}

		@McpPrompt(name = "summarize")
		String summarize() {
			return "Summarize the records";
		}

		@McpTool(name = "ask")
		String ask(McpTransportContext context, @McpToolParam(required = false) String what) {
			return asked(context);
		}

		@McpTool(name = "askToo")
		String askToo(McpTransportContext context, @McpToolParam(required = false) String what) {
			return asked(context);
		}

		@McpPrompt(name = "ask")
		String askInPrompt(McpTransportContext context) {
			return asked(context);
		}

		private static String asked(McpTransportContext context) {
			McpInput input = McpInput.of(context);
			ElicitResult name = input.response("name", ElicitResult.class);
			if (name == null) {
				throw new InputRequiredException("for a").elicit("name", NAME);
			}
			return name.content().get("name") + " " + input.state();
		}

	}

}
