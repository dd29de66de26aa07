package io.mcpsecurity.transport;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.test.RawConnection;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.server.McpStatelessServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.McpStatelessSyncServer;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Headers that repeat parts of the message, over real HTTP: what they say is what the
 * server executes.
 */
class MirroredHeadersHttpTests {

	private static final String META = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2025-11-25\"}";

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		server = SecuredServer.start(SqlApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.policy.rules[0].tools=execute_sql",
				"mcp-security.policy.rules[0].scopes=sql");
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@Test
	void requestWithMatchingHeadersIsServed() {
		HttpResponse<String> response = server
			.send(mirrored("execute_sql", sql("us-west1")).setHeader("Mcp-Param-Region", "us-west1"));
		assertThat(SecuredServer.text(response)).isEqualTo("queried us-west1");
	}

	@Test
	void headerThatDiffersFromBodyIsRefused() {
		assertMismatch(mirrored("harmless", sql("us")).setHeader("Mcp-Param-Region", "us"), "Mcp-Name differs");
		assertMismatch(post(sql("us")).setHeader("Mcp-Name", "harmless"), "Mcp-Name differs");
		assertMismatch(post(sql("us")).setHeader("Mcp-Method", "tools/list"), "Mcp-Method differs");
		assertMismatch(mirrored("execute_sql", sql("us")).setHeader("MCP-Protocol-Version", "2025-06-18"),
				"MCP-Protocol-Version differs");
	}

	@Test
	void parameterHeaderThatDiffersFromBodyIsRefused() {
		assertMismatch(mirrored("execute_sql", sql("us-west1")).setHeader("Mcp-Param-Region", "eu-north1"),
				"Mcp-Param-region differs");
		assertMismatch(post(sql("us-west1")).setHeader("mcp-param-REGION", "eu-north1"), "Mcp-Param-region differs");
		assertThat(SecuredServer.text(server.send(post(sql("us-west1"))))).isEqualTo("queried us-west1");
	}

	@Test
	void duplicateHeaderIsRefused() {
		for (String name : List.of("Mcp-Name", "Mcp-Method", "MCP-Protocol-Version", "Mcp-Param-Region")) {
			String value = Map
				.of("Mcp-Name", "execute_sql", "Mcp-Method", "tools/call", "MCP-Protocol-Version", "2025-11-25",
						"Mcp-Param-Region", "us")
				.get(name);
			assertMismatch(post(sql("us")).setHeader(name, value).header(name, value), "is there more than once");
		}
	}

	@Test
	void whenScopeIsMissingThenResponseIsForbiddenDespiteHeaderMismatch() {
		HttpRequest.Builder request = mirrored("execute_sql", sql("us")).setHeader("Mcp-Param-Region", "eu")
			.setHeader("Authorization", "Bearer " + server.token("other").sign());
		assertThat(server.send(request).statusCode()).isEqualTo(403);
	}

	@Test
	void anonymousClientsGet401DespiteHeaderMismatch() {
		HttpRequest.Builder request = server.post(null, sql("us")).setHeader("Mcp-Name", "harmless");
		assertThat(server.send(request).statusCode()).isEqualTo(401);
		assertThat(server.send(request.setHeader("Authorization", "Bearer nonsense")).statusCode()).isEqualTo(401);
	}

	@Test
	void headersOfToolAddedAtRuntimeAreChecked() {
		McpStatelessSyncServer mcp = server.context().getBean(McpStatelessSyncServer.class);
		mcp.addTool(tool("later"));
		String call = sql("us").replace("execute_sql", "later");
		assertMismatch(mirrored("later", call).setHeader("Mcp-Param-Region", "eu"), "Mcp-Param-region differs");
		assertThat(SecuredServer.text(server.send(mirrored("later", call).setHeader("Mcp-Param-Region", "us"))))
			.isEqualTo("queried us");
		mcp.removeTool("later");
	}

	@Test
	void rawUtf8HeaderValueIsRefused() {
		String body = sql("us").replace("execute_sql", "\u00e4");
		byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
		try (RawConnection connection = RawConnection.to(server.url())) {
			RawConnection.Answer answer = connection
				.send("POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
						+ "Accept: application/json, text/event-stream\r\nMcp-Name: \u00e4\r\nAuthorization: Bearer "
						+ server.token("sql").sign() + "\r\nContent-Length: " + bytes.length + "\r\n\r\n")
				.send(bytes)
				.read();
			assertThat(answer.status()).isEqualTo(400);
		}
	}

	private static void assertMismatch(HttpRequest.Builder request, String message) {
		HttpResponse<String> response = server.send(request);
		assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
		assertThat(SecuredServer.json(response).at("/error/code").asInt()).isEqualTo(-32020);
		assertThat(SecuredServer.json(response).at("/error/message").asString()).contains(message);
		assertThat(SecuredServer.json(response).path("id").asInt()).isEqualTo(7);
	}

	private static String sql(String region) {
		return "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"execute_sql\","
				+ "\"arguments\":{\"region\":\"" + region + "\"}}}";
	}

	private static HttpRequest.Builder post(String body) {
		return server.post(server.token("sql").sign(), body);
	}

	private static HttpRequest.Builder mirrored(String name, String body) {
		return post(body.replace("}}}", "}," + META + "}}")).setHeader("MCP-Protocol-Version", "2025-11-25")
			.setHeader("Mcp-Method", "tools/call")
			.setHeader("Mcp-Name", name);
	}

	private static SyncToolSpecification tool(String name) {
		return new SyncToolSpecification(
				Tool.builder(name,
						Map.of("type", "object", "properties",
								Map.of("region", Map.of("type", "string", "x-mcp-header", "Region"))))
					.build(),
				(context, request) -> CallToolResult.builder()
					.addTextContent("queried " + request.arguments().get("region"))
					.build());
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Tools.class)
	static class SqlApplication {

		@Bean
		List<SyncToolSpecification> sql() {
			return List.of(tool("execute_sql"));
		}

	}

	static class Tools {

		@McpTool(name = "harmless", description = "Does nothing")
		@RequiresScope("other")
		String harmless() {
			return "nothing";
		}

	}

}
