package io.mcpsecurity.handler;

import java.net.URI;
import java.net.http.HttpResponse;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.server.McpStatelessAsyncServer;
import io.modelcontextprotocol.server.McpStatelessServerFeatures.AsyncToolSpecification;
import io.modelcontextprotocol.server.McpStatelessServerFeatures.SyncResourceSpecification;
import io.modelcontextprotocol.server.McpStatelessServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.modelcontextprotocol.spec.McpSchema.ToolAnnotations;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.spring.SyncMcpAnnotationProviders;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two servers of one application that offer things of the same names: what one of them
 * offers, or no longer does, opens nothing at the other.
 */
class SeveralServersTests {

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer server;

	private static String admin;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		server = SecuredServer.start(TwoServers.class, authorizationServer, "spring.ai.mcp.server.protocol=STATELESS",
				"mcp-security.policy.anonymous-discovery=true", "mcp-security.policy.read-only-scope=look",
				"mcp-security.policy.destructive-scope=wipe", "mcp-security.endpoints.admin.path=/admin/mcp",
				"mcp-security.endpoints.admin.resource=https://mcp.example.com/admin/mcp",
				"mcp-security.endpoints.admin.offers.beans=adminTools,adminResources,adminMethods",
				"mcp-security.endpoints.admin.policy.rules[0].tools=reset",
				"mcp-security.endpoints.admin.policy.rules[0].access=deny");
		admin = server.url("/admin/mcp");
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@Test
	void templateKeepsRuleWhenOtherServerOffersMatchingResource() {
		HttpResponse<String> denied = server.call(server.token("other").sign(), "resources/read",
				"{\"uri\":\"several://7\"}");
		assertThat(denied.statusCode()).isEqualTo(403);
		HttpResponse<String> granted = server.call(server.token("several:read").sign(), "resources/read",
				"{\"uri\":\"several://7\"}");
		assertThat(SecuredServer.json(granted).at("/result/contents/0/text").asString()).isEqualTo("template 7");
	}

	@Test
	void toolKeepsConventionWhenOtherServerRemovesSameName() {
		adminServer().addTool(asyncTool("status", true)).block();
		assertThat(callMain("status", "other").statusCode()).isEqualTo(403);
		adminServer().removeTool("status").block();
		assertThat(callMain("status", "other").statusCode()).isEqualTo(403);
		assertThat(callMain("status", "look").statusCode()).isEqualTo(200);
	}

	@Test
	void destructiveToolKeepsScopeWhenOtherServerOffersReadOnlyToolOfSameName() {
		adminServer().addTool(asyncTool("clear", true)).block();
		assertThat(callMain("clear", "look").statusCode()).isEqualTo(403);
		assertThat(callMain("clear", "wipe").statusCode()).isEqualTo(200);
	}

	/**
	 * The same condition over parameters of different types.
	 */
	@Test
	void conditionUsesParameterTypesOfInvokedMethod() {
		assertThat(SecuredServer.text(callMain("purge", "{\"before\":\"2026-01-31\"}", "other"))).contains("days");
		assertThat(callMain("purge", "{\"before\":\"2019-01-31\"}", "other").statusCode()).isEqualTo(403);
		assertThat(SecuredServer.text(callAdmin("purge", "{\"before\":{\"year\":2026}}"))).contains("years");
		assertThat(callAdmin("purge", "{\"before\":{\"year\":2019}}").statusCode()).isEqualTo(403);
	}

	@Test
	void anonymousListingFollowsRulesOfEndpoint() {
		String list = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";
		HttpResponse<String> response = post(admin, null, list);
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).contains("\"restart\"").doesNotContain("\"reset\"");
	}

	private static McpStatelessAsyncServer adminServer() {
		return server.context().getBean("mcpServer-admin", McpStatelessAsyncServer.class);
	}

	private static HttpResponse<String> callMain(String tool, String scope) {
		return callMain(tool, "{}", scope);
	}

	private static HttpResponse<String> callMain(String tool, String arguments, String scope) {
		return server.callTool(server.token(scope).sign(), tool, arguments);
	}

	private static HttpResponse<String> callAdmin(String tool, String arguments) {
		return post(admin,
				authorizationServer.token("https://mcp.example.com/admin/mcp").claim("scope", "other").sign(),
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\",\"arguments\":%s}}"
					.formatted(tool, arguments));
	}

	private static HttpResponse<String> post(String url, @Nullable String token, String body) {
		return server.send(server.post(token, body).uri(URI.create(url)));
	}

	private static AsyncToolSpecification asyncTool(String name, boolean readOnly) {
		SyncToolSpecification tool = tool(name, readOnly);
		return new AsyncToolSpecification(tool.tool(),
				(context, request) -> Mono.fromCallable(() -> tool.callHandler().apply(context, request)));
	}

	private static SyncToolSpecification tool(String name, boolean readOnly) {
		return new SyncToolSpecification(Tool.builder(name, Map.of("type", "object"))
			.annotations(new ToolAnnotations(null, readOnly, !readOnly, null, null, null))
			.build(), (context, request) -> CallToolResult.builder().addTextContent(name).build());
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Handlers.class)
	static class TwoServers {

		@Bean
		List<SyncToolSpecification> adminMethods() {
			return SyncMcpAnnotationProviders.statelessToolSpecifications(List.of(new AdminHandlers()));
		}

		@Bean
		List<SyncToolSpecification> adminTools() {
			return List.of(tool("reset", false), tool("restart", false));
		}

		@Bean
		List<SyncResourceSpecification> adminResources() {
			return List.of(new SyncResourceSpecification(Resource.builder("several://7", "seven").build(),
					(context, request) -> ReadResourceResult.builder(List.of()).build()));
		}

	}

	record Year(int year) {
	}

	static class AdminHandlers {

		@McpTool(description = "Deletes what is older than a year")
		@RequiresScope(value = "several:purge", when = "#before.year < 2020")
		String purge(Year before) {
			return "years";
		}

	}

	static class Handlers {

		@McpTool(description = "Deletes what is older than a day")
		@RequiresScope(value = "several:purge", when = "#before.year < 2020")
		String purge(LocalDate before) {
			return "days";
		}

		@McpTool(description = "Looks", annotations = @McpTool.McpAnnotations(readOnlyHint = true))
		String status() {
			return "well";
		}

		@McpTool(description = "Deletes", annotations = @McpTool.McpAnnotations(destructiveHint = true))
		String clear() {
			return "cleared";
		}

		@McpResource(uri = "several://{id}", name = "several")
		@RequiresScope("several:read")
		String several(String id) {
			return "template " + id;
		}

	}

}
