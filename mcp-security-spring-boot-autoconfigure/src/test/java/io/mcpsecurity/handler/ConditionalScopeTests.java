package io.mcpsecurity.handler;

import java.net.http.HttpResponse;
import java.time.LocalDate;
import java.util.EnumMap;
import java.util.Map;

import io.mcpsecurity.InsufficientScopeException;
import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.McpToolParam;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.annotation.ToolParam;
import org.springframework.ai.tool.method.MethodToolCallbackProvider;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Scopes that only some calls of a tool need.
 */
@ExtendWith(OutputCaptureExtension.class)
class ConditionalScopeTests {

	private static final Map<Protocol, SecuredServer> servers = new EnumMap<>(Protocol.class);

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Protocol protocol : Protocol.values()) {
			servers.put(protocol, start("spring.ai.mcp.server.protocol=" + protocol));
		}
	}

	private static SecuredServer start(String... properties) {
		return SecuredServer.start(ConditionalApplication.class, authorizationServer, properties);
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource
	void whenConditionHoldsThenScopeIsRequired(Protocol protocol) {
		for (String tool : new String[] { "purge", "purgeToo" }) {
			HttpResponse<String> denied = call(protocol, tool, "{}");
			assertThat(denied.statusCode()).as(denied.body()).isEqualTo(403);
			assertThat(denied.headers().firstValue("WWW-Authenticate").orElse("")).contains(
					"error=\"insufficient_scope\", scope=\"purge:all\"",
					"error_description=\"Needs the scope purge:all as well\"");
			assertThat(SecuredServer.json(denied).at("/error/code").asInt()).isEqualTo(-32011);
			assertThat(SecuredServer.text(call(protocol, tool, "{}", "purge:all"))).contains("purged");
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenConditionDoesNotHoldThenScopeIsNotRequired(Protocol protocol) {
		for (String tool : new String[] { "purge", "purgeToo" }) {
			assertThat(SecuredServer.text(call(protocol, tool, "{\"before\":\"2026\"}"))).contains("purged");
		}
	}

	@ParameterizedTest
	@EnumSource
	void nullArgumentDoesNotBypassCondition(Protocol protocol) {
		assertThat(call(protocol, "purgeToo", "{\"before\":null}").body()).doesNotContain("purged");
		assertThat(call(protocol, "purge", "{\"before\":null}").body()).doesNotContain("purged");
	}

	@ParameterizedTest
	@EnumSource
	void conditionThatCannotBeEvaluatedDeniesCall(Protocol protocol, CapturedOutput output) {
		HttpResponse<String> denied = call(protocol, "broken", "{\"text\":\"abracadabra\"}", "purge:all");
		assertThat(denied.statusCode()).isEqualTo(403);
		assertThat(denied.headers().firstValue("WWW-Authenticate")).isEmpty();
		assertThat(SecuredServer.json(denied).at("/error/code").asInt()).isEqualTo(-32013);
		assertThat(output).contains("Tools.broken: when = \"#text\" cannot be evaluated, the call is denied")
			.doesNotContain("abracadabra");
	}

	@ParameterizedTest
	@EnumSource
	void conditionThatOverflowsStackDeniesCall(Protocol protocol, CapturedOutput output) {
		assertThat(SecuredServer.text(call(protocol, "deep", "{\"name\":\"xyxy\"}"))).contains("done");
		HttpResponse<String> denied = call(protocol, "deep", "{\"name\":\"" + "x".repeat(100_000) + "\"}", "purge:all");
		assertThat(denied.statusCode()).as(denied.body()).isEqualTo(403);
		assertThat(SecuredServer.json(denied).at("/error/code").asInt()).isEqualTo(-32013);
		assertThat(output).contains("Tools.deep: when = \"!(#name matches '(x|y)*')\" cannot be evaluated");
	}

	/**
	 * The value is what is wrong, not the caller: whoever could call with any value hears
	 * so from the tool.
	 */
	@ParameterizedTest
	@EnumSource
	void unconvertibleArgumentRequiresScopeAndIsThenRefusedByTool(Protocol protocol, CapturedOutput output) {
		assertThat(SecuredServer.text(call(protocol, "dated", "{\"before\":\"2026-01-31\"}"))).contains("purged");
		HttpResponse<String> denied = call(protocol, "dated", "{\"before\":\"garbage\"}");
		assertThat(denied.statusCode()).as(denied.body()).isEqualTo(403);
		assertThat(SecuredServer.json(denied).at("/error/code").asInt()).isEqualTo(-32011);
		assertThat(denied.headers().firstValue("WWW-Authenticate").orElse("")).contains("scope=\"purge:all\"");
		HttpResponse<String> refused = call(protocol, "dated", "{\"before\":\"garbage\"}", "purge:all");
		assertThat(refused.statusCode()).as(refused.body()).isEqualTo(200);
		assertThat(SecuredServer.json(refused).at("/result/isError").asBoolean()).as(refused.body()).isTrue();
		assertThat(refused.body()).doesNotContain("purged");
		assertThat(output).doesNotContain("cannot be evaluated");
	}

	@ParameterizedTest
	@EnumSource
	void challengeByToolContainsScopesOfCondition(Protocol protocol) {
		HttpResponse<String> denied = call(protocol, "insist", "{\"all\":true}", "purge:all");
		assertThat(denied.headers().firstValue("WWW-Authenticate").orElse("")).contains("scope=\"deep purge:all\"");
		denied = call(protocol, "insist", "{\"all\":false}");
		assertThat(denied.headers().firstValue("WWW-Authenticate").orElse("")).contains("scope=\"deep\"");
	}

	@ParameterizedTest
	@EnumSource
	void listingMarksConditionalScopes(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		HttpResponse<String> listing = server.call(server.token().sign(), "tools/list", "{}");
		assertThat(SecuredServer.json(listing)
			.at("/result/tools")
			.valueStream()
			.map((tool) -> tool.at("/name").asString())).contains("purge", "purgeToo");
		assertThat(listing.body()).contains("\"conditional\":true").doesNotContain("#before");
	}

	@Test
	void configuredRuleReplacesCondition() {
		try (SecuredServer server = start("mcp-security.policy.rules[0].tools[0]=purge",
				"mcp-security.policy.rules[0].scopes[0]=operate")) {
			assertThat(server.callTool(server.token("purge:all").sign(), "purge", "{\"before\":\"2026\"}").statusCode())
				.isEqualTo(403);
			assertThat(SecuredServer.text(server.callTool(server.token("operate").sign(), "purge", "{}")))
				.contains("purged");
		}
	}

	@Test
	void whenReportModeThenCallIsAllowedAndReported(CapturedOutput output) {
		try (SecuredServer server = start("mcp-security.policy.enforcement=report")) {
			assertThat(SecuredServer.text(server.callTool(server.token().sign(), "purge", "{}"))).contains("purged");
			assertThat(output).contains("Would be denied: tool 'purge'");
			assertThat(server.callTool(server.token("purge:all").sign(), "broken", "{\"text\":\"x\"}").statusCode())
				.isEqualTo(403);
		}
	}

	@ParameterizedTest
	@ValueSource(classes = { Malformed.class, Misspelt.class, Powerful.class, OfAnotherType.class })
	void invalidConditionFailsStartupWithItsLocation(Class<?> application) {
		assertThatException().isThrownBy(() -> SecuredServer.start(application, authorizationServer).close())
			.withStackTraceContaining(
					"@RequiresScope on ConditionalScopeTests." + application.getSimpleName() + ".tool: when = \"");
	}

	@Test
	void conditionOnResourceFailsStartup() {
		assertThatException().isThrownBy(() -> SecuredServer.start(OnResource.class, authorizationServer).close())
			.withStackTraceContaining(
					"@RequiresScope on ConditionalScopeTests.OnResource.resource: " + "'when' is for tools only");
	}

	private static HttpResponse<String> call(Protocol protocol, String tool, String arguments, String... scopes) {
		SecuredServer server = servers.get(protocol);
		return server.callTool(server.token(scopes).sign(), tool, arguments);
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Tools.class)
	static class ConditionalApplication {

		@Bean
		ToolCallbackProvider callbacks() {
			return MethodToolCallbackProvider.builder().toolObjects(new Callbacks()).build();
		}

	}

	static class Tools {

		@McpTool(description = "Deletes records")
		@RequiresScope(value = "purge:all", when = "#before == null")
		String purge(@McpToolParam(required = false) @Nullable String before) {
			return "purged";
		}

		@McpTool(description = "Has a condition that is neither true nor false")
		@RequiresScope(value = "purge:all", when = "#text")
		String broken(String text) {
			return "done";
		}

		@McpTool(description = "Has a condition that goes as deep as the name is long")
		@RequiresScope(value = "purge:all", when = "!(#name matches '(x|y)*')")
		String deep(String name) {
			return "done";
		}

		@McpTool(description = "Deletes records before a day")
		@RequiresScope(value = "purge:all", when = "#before == null")
		String dated(@McpToolParam(required = false) @Nullable LocalDate before) {
			return "purged";
		}

		@McpTool(description = "Asks for one more scope")
		@RequiresScope(value = "purge:all", when = "#all")
		String insist(boolean all) {
			throw new InsufficientScopeException("deep");
		}

	}

	static class Callbacks {

		@Tool(description = "Deletes records")
		@RequiresScope(value = "purge:all", when = "#before == null")
		public String purgeToo(@ToolParam(required = false) @Nullable String before) {
			return "purged";
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Malformed {

		@McpTool(description = "Deletes records")
		@RequiresScope(value = "purge:all", when = "#before ==")
		String tool(String before) {
			return "purged";
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Misspelt {

		@McpTool(description = "Deletes records")
		@RequiresScope(value = "purge:all", when = "#befor != null")
		String tool(String before) {
			return "purged";
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Powerful {

		@McpTool(description = "Deletes records")
		@RequiresScope(value = "purge:all", when = "T(java.lang.System) == null")
		String tool(String before) {
			return "purged";
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class OfAnotherType {

		@McpTool(description = "Deletes records")
		@RequiresScope(value = "purge:all", when = "#all == true")
		String tool(String all) {
			return "purged";
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class OnResource {

		@McpResource(uri = "records://all", name = "all")
		@RequiresScope(value = "purge:all", when = "#id == null")
		String resource() {
			return "all";
		}

	}

}
