package io.mcpsecurity;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.SecuredServers;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a caller is shown, in plain JSON (STATELESS) and server-sent events (STREAMABLE).
 * (Asynchronous servers are in {@link PolicyTableTests}.)
 */
class ListingTests {

	private static TestAuthorizationServer authorizationServer;

	private static final Map<Protocol, SecuredServer> needToKnow = new EnumMap<>(Protocol.class);

	private static SecuredServer stepUp;

	private static SecuredServer publicDiscovery;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Protocol protocol : Protocol.values()) {
			needToKnow.put(protocol,
					SecuredServer.start(RecordsApplication.class, authorizationServer,
							"spring.ai.mcp.server.protocol=" + protocol, "mcp-security.policy.visibility=need-to-know",
							"mcp-security.policy.rules[0].tools=whoToo", "mcp-security.policy.rules[0].access=deny"));
		}
		stepUp = SecuredServer.start(RecordsApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.policy.rules[0].tools=time",
				"mcp-security.policy.rules[0].access=deny", "mcp-security.scopes[0].name=records:purge",
				"mcp-security.scopes[0].description=Delete records for good");
		publicDiscovery = SecuredServer.start(RecordsApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STREAMABLE", "mcp-security.policy.anonymous-discovery=true",
				"mcp-security.policy.rules[0].tools=whoToo", "mcp-security.policy.rules[0].access=deny");
	}

	@AfterAll
	static void stop() {
		needToKnow.values().forEach(SecuredServer::close);
		stepUp.close();
		publicDiscovery.close();
		authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource
	void whenNeedToKnowThenOnlyPermittedToolsAreListed(Protocol protocol) {
		SecuredServer server = needToKnow.get(protocol);
		String nothing = server.token().sign();
		String browse = server.token("records:browse").sign();
		String purge = server.token("records:purge", "records:admin").sign();
		assertThat(tools(server, nothing)).containsExactlyInAnyOrder("time", "who");
		assertThat(tools(server, browse)).containsExactlyInAnyOrder("time", "who", "browse");
		assertThat(tools(server, purge)).containsExactlyInAnyOrder("time", "who", "purge", "export");
		assertThat(tools(server, nothing)).containsExactlyInAnyOrder("time", "who");
	}

	@ParameterizedTest
	@CsvSource({ "STATELESS,resources/list,/result/resources,records://all",
			"STATELESS,resources/templates/list,/result/resourceTemplates,records://{id}/details",
			"STATELESS,prompts/list,/result/prompts,summarize",
			"STREAMABLE,resources/list,/result/resources,records://all",
			"STREAMABLE,resources/templates/list,/result/resourceTemplates,records://{id}/details",
			"STREAMABLE,prompts/list,/result/prompts,summarize" })
	void whenNeedToKnowThenResourcesTemplatesAndPromptsAreFiltered(Protocol protocol, String method, String entries,
			String entry) {
		SecuredServer server = needToKnow.get(protocol);
		HttpResponse<String> without = server.call(server.token().sign(), method, "{}");
		assertThat(without.statusCode()).isEqualTo(200);
		assertThat(SecuredServer.json(without).at(entries).isArray()).isTrue();
		assertThat(SecuredServer.json(without).at(entries).size()).isZero();
		assertThat(without.body()).doesNotContain(entry);
		HttpResponse<String> with = server.call(server.token("records:browse").sign(), method, "{}");
		assertThat(SecuredServer.json(with).at(entries).size()).isEqualTo(1);
		assertThat(with.body()).contains(entry);
	}

	@ParameterizedTest
	@EnumSource
	void whenNoTokenThenAllMethodsAreRefused(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		for (String method : List.of("initialize", "ping", "tools/list", "resources/list", "prompts/list")) {
			assertThat(server.send(request(server, null, method, "{}")).statusCode()).as(method).isEqualTo(401);
		}
	}

	@Test
	void whenStepUpThenGrantableToolsAreListedWithTheirScopes() {
		JsonNode tools = SecuredServer.json(stepUp.call(stepUp.token().sign(), "tools/list", "{}")).at("/result/tools");
		assertThat(tools.valueStream().map((tool) -> tool.get("name").asString())).containsExactlyInAnyOrder("who",
				"whoToo", "browse", "move", "export", "purge");
		assertThat(scopes(tools, "purge")).isEqualTo(JsonMapper.shared()
			.readTree("{\"allOf\":[{\"description\":\"Delete records for good\",\"scope\":\"records:purge\"}]}"));
		assertThat(scopes(tools, "move")).isEqualTo(JsonMapper.shared()
			.readTree("{\"allOf\":[{\"scope\":\"records:browse\"},{\"scope\":\"records:write\"}]}"));
		assertThat(scopes(tools, "export")).isEqualTo(JsonMapper.shared()
			.readTree("{\"anyOf\":[{\"scope\":\"records:export\"},{\"scope\":\"records:admin\"}]}"));
		assertThat(tool(tools, "who").at("/_meta").has("io.mcpsecurity/scopes")).isFalse();
		assertThat(stepUp.callTool(stepUp.token().sign(), "purge", "{}").statusCode()).isEqualTo(403);
	}

	@Test
	void whenPublicDiscoveryThenListingsNeedNoTokenButCallsDo() {
		HttpResponse<String> initialized = publicDiscovery.send(request(publicDiscovery, null, "initialize", """
				{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}"""));
		assertThat(initialized.statusCode()).isEqualTo(200);
		String session = initialized.headers().firstValue("Mcp-Session-Id").orElseThrow();
		assertThat(publicDiscovery.send(inSession(request(publicDiscovery, null, "ping", "{}"), session)).statusCode())
			.isEqualTo(200);
		HttpResponse<String> listed = publicDiscovery
			.send(inSession(request(publicDiscovery, null, "tools/list", "{}"), session));
		assertThat(names(listed)).contains("time", "purge").doesNotContain("whoToo");
		for (String call : List.of("time", "purge", "whoToo", "no-such-tool")) {
			HttpResponse<String> response = publicDiscovery.send(inSession(
					request(publicDiscovery, null, "tools/call", "{\"name\":\"" + call + "\",\"arguments\":{}}"),
					session));
			assertThat(response.statusCode()).as(call).isEqualTo(401);
			assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow()).doesNotContain("error=");
		}
		String token = publicDiscovery.token("records:browse").sign();
		assertThat(tools(publicDiscovery, token)).contains("browse", "purge").doesNotContain("whoToo");
	}

	@ParameterizedTest
	@ValueSource(strings = { "resources/read", "resources/subscribe", "completion/complete", "logging/setLevel",
			"no/such/method" })
	void whenPublicDiscoveryThenOtherMethodsNeedToken(String method) {
		String params = "{\"uri\":\"records://all\",\"ref\":{\"type\":\"ref/prompt\",\"name\":\"summarize\"}}";
		assertThat(publicDiscovery.send(request(publicDiscovery, null, method, params)).statusCode()).isEqualTo(401);
	}

	@Test
	void publicDiscoveryIncludesThatOfRevision20260728() {
		for (String method : List.of("server/discover", "tools/list")) {
			assertThat(publicDiscovery.send(publicDiscovery.modern(null, method, "{}")).statusCode()).isEqualTo(200);
		}
		for (String method : List.of("subscriptions/listen", "tasks/get")) {
			assertThat(publicDiscovery.send(publicDiscovery.modern(null, method, "{}")).statusCode()).isEqualTo(401);
		}
	}

	@Test
	void whenPublicDiscoveryThenInvalidTokensAndBodiesGet401() {
		HttpRequest.Builder list = request(publicDiscovery, "not-a-token", "tools/list", "{}");
		assertThat(publicDiscovery.send(list).statusCode()).isEqualTo(401);
		assertThat(publicDiscovery.send(publicDiscovery.post(null, "[]")).statusCode()).isEqualTo(401);
		assertThat(publicDiscovery.send(HttpRequest.newBuilder(URI.create(publicDiscovery.url()))).statusCode())
			.isEqualTo(401);
	}

	private static Set<String> tools(SecuredServer server, String token) {
		return names(server.call(token, "tools/list", "{}"));
	}

	private static Set<String> names(HttpResponse<String> response) {
		assertThat(response.statusCode()).isEqualTo(200);
		return SecuredServer.json(response)
			.at("/result/tools")
			.valueStream()
			.map((tool) -> tool.get("name").asString())
			.collect(Collectors.toSet());
	}

	private static JsonNode tool(JsonNode tools, String name) {
		return tools.valueStream().filter((tool) -> tool.get("name").asString().equals(name)).findFirst().orElseThrow();
	}

	private static JsonNode scopes(JsonNode tools, String name) {
		return tool(tools, name).get("_meta").get("io.mcpsecurity/scopes");
	}

	private static HttpRequest.Builder request(SecuredServer server, @Nullable String token, String method,
			String params) {
		return server.post(token,
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}".formatted(method, params));
	}

	private static HttpRequest.Builder inSession(HttpRequest.Builder request, String session) {
		return request.setHeader("Mcp-Session-Id", session);
	}

}
