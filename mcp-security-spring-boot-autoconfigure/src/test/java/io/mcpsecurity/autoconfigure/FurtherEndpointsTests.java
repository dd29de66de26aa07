package io.mcpsecurity.autoconfigure;

import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.test.Documentation;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RawConnection;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application with two MCP endpoints, each a protected resource of its own: the one
 * that the documentation prints.
 */
class FurtherEndpointsTests {

	private static final String MAIN = "https://mcp.example.com/mcp";

	private static final String ADMIN = "https://mcp.example.com/admin/mcp";

	/** What the authorization server calls the main endpoint as well. */
	private static final String OTHER = "urn:example:mcp";

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";

	private static final String RESET = """
			{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"reset","arguments":{}}}""";

	private static final Map<Protocol, SecuredServer> servers = new EnumMap<>(Protocol.class);

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Protocol protocol : Protocol.values()) {
			List<String> properties = new ArrayList<>(List.of("spring.ai.mcp.server.protocol=" + protocol));
			properties.add("mcp-security.authorization-servers[0].issuer=" + authorizationServer.issuer());
			properties.add("mcp-security.authorization-servers[0].audiences=" + MAIN + "," + OTHER);
			Documentation.properties(printed()).forEach((name, value) -> properties.add(name + "=" + value));
			servers.put(protocol, SecuredServer.start(TwoEndpointsApplication.class, authorizationServer,
					properties.toArray(String[]::new)));
		}
	}

	private static String printed() {
		return Documentation.blocks("docs/configuration.md", "yaml")
			.stream()
			.filter((block) -> block.contains("endpoints:"))
			.findFirst()
			.orElseThrow();
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource
	void tokenForOneEndpointIsRefusedByOther(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		String forMain = token(MAIN, "records:browse", "admin:reset");
		String forAdmin = token(ADMIN, "records:browse", "admin:reset");
		assertThat(admin(server, forMain, RESET).statusCode()).isEqualTo(401);
		assertThat(server.send(server.post(forAdmin, LIST)).statusCode()).isEqualTo(401);
		assertThat(SecuredServer.text(server.callTool(forMain, "browse", "{}"))).isEqualTo("browsed null");
		assertThat(SecuredServer.text(admin(server, forAdmin, RESET))).isEqualTo("reset");
	}

	@ParameterizedTest
	@EnumSource
	void configuredAudienceIsAcceptedOnlyByMainEndpoint(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		String token = token(OTHER, "records:browse", "admin:reset");
		assertThat(admin(server, token, RESET).statusCode()).isEqualTo(401);
		assertThat(SecuredServer.text(server.callTool(token, "browse", "{}"))).isEqualTo("browsed null");
	}

	@ParameterizedTest
	@EnumSource
	void eachEndpointHasItsOwnMetadataAndChallenge(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		HttpResponse<String> refused = admin(server, null, LIST);
		assertThat(refused.statusCode()).isEqualTo(401);
		assertThat(refused.headers().firstValue("WWW-Authenticate").orElseThrow())
			.contains("resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/admin/mcp\"");
		HttpResponse<String> metadata = server.get(server.url("/.well-known/oauth-protected-resource/admin/mcp"));
		assertThat(SecuredServer.json(metadata).path("resource").asString()).isEqualTo(ADMIN);
		assertThat(SecuredServer.json(metadata).path("resource_name").asString()).isEqualTo("admin");
		assertThat(metadata.body()).contains("admin:reset");
		for (String path : List.of("", "/mcp")) {
			HttpResponse<String> main = server.get(server.url("/.well-known/oauth-protected-resource" + path));
			assertThat(SecuredServer.json(main).path("resource").asString()).isEqualTo(MAIN);
			assertThat(main.body()).doesNotContain("admin:reset");
		}
	}

	@ParameterizedTest
	@EnumSource
	void rulesOfEndpointApplyToItsCallsAndListings(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		HttpResponse<String> denied = admin(server, token(ADMIN, "records:browse"), RESET);
		assertThat(denied.statusCode()).isEqualTo(403);
		assertThat(denied.headers().firstValue("WWW-Authenticate").orElseThrow())
			.contains("scope=\"admin:reset records:browse\"", "/admin/mcp\"");
		assertThat(SecuredServer.json(admin(server, token(ADMIN), LIST)).at("/result/tools").valueStream())
			.filteredOn((tool) -> tool.get("name").asString().equals("reset"))
			.singleElement()
			.extracting((tool) -> tool.at("/_meta/io.mcpsecurity~1scopes/allOf/0/scope").asString())
			.isEqualTo("admin:reset");
	}

	@ParameterizedTest
	@EnumSource
	void eachEndpointOffersOnlyItsOwnTools(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		String forMain = token(MAIN, "records:browse", "admin:reset");
		String forAdmin = token(ADMIN, "records:browse", "admin:reset");
		assertThat(SecuredServer.json(admin(server, forAdmin, LIST)).at("/result/tools").findValuesAsString("name"))
			.containsExactlyInAnyOrder("reset", "inspect");
		assertThat(SecuredServer.json(server.call(forMain, "tools/list", "{}"))
			.at("/result/tools")
			.findValuesAsString("name")).contains("browse").doesNotContain("reset", "inspect");
		assertThat(SecuredServer.json(server.callTool(forMain, "reset", "{}")).at("/error/code").asInt())
			.isEqualTo(-32602);
		assertThat(SecuredServer.json(admin(server, forAdmin, RESET.replace("\"reset\"", "\"browse\"")))
			.at("/error/code")
			.asInt()).isEqualTo(-32602);
	}

	/**
	 * A request that is taken up again when its body has arrived is still one of the same
	 * endpoint.
	 */
	@ParameterizedTest
	@EnumSource
	void requestWithDelayedBodyIsServedBySameEndpoint(Protocol protocol) throws Exception {
		SecuredServer server = servers.get(protocol);
		String head = "POST /admin/mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
				+ "Accept: application/json, text/event-stream\r\nConnection: close\r\nContent-Length: "
				+ RESET.length() + "\r\nAuthorization: Bearer ";
		try (RawConnection connection = RawConnection.to(server.url())) {
			connection.send(head + token(ADMIN, "admin:reset") + "\r\n\r\n" + RESET.substring(0, 10));
			Thread.sleep(300);
			assertThat(connection.send(RESET.substring(10)).read().body()).contains("\"reset\"");
		}
		try (RawConnection connection = RawConnection.to(server.url())) {
			connection.send(head + token(ADMIN, "records:browse") + "\r\n\r\n" + RESET.substring(0, 10));
			Thread.sleep(300);
			assertThat(connection.send(RESET.substring(10)).read().status()).isEqualTo(403);
		}
	}

	private static String token(String resource, String... scopes) {
		return authorizationServer.token(resource).scope(scopes).sign();
	}

	private static HttpResponse<String> admin(SecuredServer server, @Nullable String token, String body) {
		return server.send(server.post(token, body).uri(URI.create(server.url("/admin/mcp"))));
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(RecordsApplication.class)
	static class TwoEndpointsApplication {

		@Bean
		AdminTools adminTools() {
			return new AdminTools();
		}

	}

	static class AdminTools {

		@McpTool(description = "Resets everything")
		String reset() {
			return "reset";
		}

		@McpTool(description = "Looks at everything")
		String inspect() {
			return "inspected";
		}

	}

}
