package io.mcpsecurity.handler;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.handler.VaultApplication.Calls;
import io.mcpsecurity.handler.VaultApplication.Variant;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.json.jackson3.JacksonMcpJsonMapper;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.customizer.McpAsyncServerCustomizer;
import org.springframework.ai.mcp.customizer.McpSyncServerCustomizer;
import org.springframework.ai.mcp.server.webmvc.transport.WebMvcStatelessServerTransport;
import org.springframework.ai.mcp.server.webmvc.transport.WebMvcStreamableServerTransportProvider;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Arguments are what the tool's schema says before its handler sees them, and nobody
 * hears about them who may not call it.
 */
@ExtendWith(OutputCaptureExtension.class)
class ArgumentValidationTests {

	private static final List<String> INVALID = List.of("{\"amount\":\"many\"}", "{\"amount\":null}",
			"{\"amount\":[1]}", "{\"amount\":{\"x\":1}}", "{\"amount\":1.5}", "{}");

	private static final Map<Variant, SecuredServer> servers = new EnumMap<>(Variant.class);

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Variant variant : Variant.values()) {
			servers.put(variant, variant.start(authorizationServer));
		}
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource
	void invalidArgumentsDoNotReachHandler(Variant variant) {
		SecuredServer server = servers.get(variant);
		assertRefused(server, variant, "take", "vault:open");
		assertThat(SecuredServer.text(server.callTool(server.token("vault:open").sign(), "take", "{\"amount\":5}")))
			.contains("took 5");
	}

	@ParameterizedTest
	@EnumSource
	void missingOrNullArgumentsAreTreatedAsEmpty(Variant variant) {
		SecuredServer server = servers.get(variant);
		Session session = new Session(server, server.token("vault:open").sign(), variant);
		for (String arguments : List.of("", ",\"arguments\":null", ",\"arguments\":{}")) {
			assertThat(SecuredServer.text(session.send("{\"name\":\"look\"" + arguments + "}"))).isEqualTo("looked");
		}
	}

	@ParameterizedTest
	@EnumSource
	void whenScopeIsMissingThenResponseIsIndependentOfArguments(Variant variant) {
		SecuredServer server = servers.get(variant);
		String token = server.token("vault:other").sign();
		Session session = new Session(server, token, variant);
		HttpResponse<String> valid = session.call("take", "{\"amount\":5}");
		assertThat(valid.statusCode()).isEqualTo(403);
		assertThat(valid.headers().firstValue("WWW-Authenticate").orElse("")).contains("scope=\"vault:open\"");
		for (String arguments : INVALID) {
			HttpResponse<String> invalid = session.call("take", arguments);
			assertThat(invalid.statusCode()).isEqualTo(403);
			assertThat(invalid.body()).isEqualTo(valid.body());
			assertThat(invalid.headers().allValues("WWW-Authenticate"))
				.isEqualTo(valid.headers().allValues("WWW-Authenticate"));
		}
	}

	@ParameterizedTest
	@EnumSource
	void conditionalRuleDoesNotBypassArgumentValidation(Variant variant) {
		SecuredServer server = servers.get(variant);
		assertRefused(server, variant, "takeMuch", "vault:open");
		HttpResponse<String> much = server.callTool(server.token("vault:open").sign(), "takeMuch", "{\"amount\":5000}");
		assertThat(much.statusCode()).isEqualTo(403);
	}

	@ParameterizedTest
	@EnumSource(names = { "STREAMABLE_SYNC", "STREAMABLE_ASYNC" })
	void whenServerDoesNotValidateThenWarningIsLoggedAndStarterValidates(Variant variant, CapturedOutput output) {
		try (SecuredServer server = variant.start(NotValidating.class, authorizationServer)) {
			assertThat(output).contains("An MCP server does not validate tool inputs");
			assertRefused(server, variant, "take", "vault:open");
			assertThat(SecuredServer.text(server.callTool(server.token("vault:open").sign(), "take", "{\"amount\":5}")))
				.contains("took 5");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "STREAMABLE_SYNC", "STREAMABLE_ASYNC" })
	void whenServerDoesNotValidateThenConditionalRuleFailsStartup(Variant variant) {
		assertThatException()
			.isThrownBy(() -> variant.start(NotValidatingConditions.class, authorizationServer).close())
			.withStackTraceContaining("tool 'takeMuch': its server does not validate the arguments");
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void validationSettingOfEveryServerTypeIsDetected(boolean validating) {
		JacksonMcpJsonMapper json = new JacksonMcpJsonMapper(JsonMapper.shared());
		WebMvcStatelessServerTransport stateless = WebMvcStatelessServerTransport.builder().jsonMapper(json).build();
		WebMvcStreamableServerTransportProvider streamable = WebMvcStreamableServerTransportProvider.builder()
			.jsonMapper(json)
			.build();
		List<Object> all = List.of(McpServer.sync(stateless).validateToolInputs(validating).build(),
				McpServer.async(stateless).validateToolInputs(validating).build(),
				McpServer.sync(streamable).validateToolInputs(validating).build(),
				McpServer.async(streamable).validateToolInputs(validating).build());
		for (Object server : all) {
			InputValidation validation = new InputValidation();
			validation.check(server);
			assertThat(refusal(validation, "x") != null).as(server.getClass().getName()).isEqualTo(!validating);
			assertThat(refusal(validation, 5)).isNull();
		}
	}

	@Test
	void aServerOfAnotherVersionOfTheSdkIsRefused() {
		assertThatIllegalStateException().isThrownBy(() -> new InputValidation().check(new Object()))
			.withMessageContaining("Object has no validateToolInputs");
	}

	private static CallToolResult refusal(InputValidation validation, Object amount) {
		Tool tool = Tool
			.builder("take", Map.of("type", "object", "properties", Map.of("amount", Map.of("type", "integer"))))
			.build();
		return validation.refusal(tool, CallToolRequest.builder("take").arguments(Map.of("amount", amount)).build());
	}

	private static void assertRefused(SecuredServer server, Variant variant, String tool, String scope) {
		Calls calls = server.context().getBean(Calls.class);
		int handled = calls.handled();
		Session session = new Session(server, server.token(scope).sign(), variant);
		for (String arguments : INVALID) {
			HttpResponse<String> response = session.call(tool, arguments);
			assertThat(response.statusCode()).as(arguments).isEqualTo(200);
			assertThat(SecuredServer.json(response).at("/result/isError").asBoolean()).as(response.body()).isTrue();
			assertClean(response);
		}
		assertThat(calls.handled()).isEqualTo(handled);
	}

	private static void assertClean(HttpResponse<String> response) {
		assertThat(response.body()).doesNotContain("Exception", "\\tat ", "java.", "io.mcpsecurity", "springframework",
				"networknt");
	}

	/**
	 * A client that has initialized.
	 */
	private static final class Session {

		private final SecuredServer server;

		private final String token;

		private final String id;

		Session(SecuredServer server, String token, Variant variant) {
			this.server = server;
			this.token = token;
			this.id = (variant.protocol() == Protocol.STREAMABLE) ? server.initialize(token) : "";
		}

		HttpResponse<String> call(String tool, String arguments) {
			return send("{\"name\":\"" + tool + "\",\"arguments\":" + arguments + "}");
		}

		HttpResponse<String> send(String params) {
			HttpRequest.Builder request = this.server.post(this.token,
					"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":" + params + "}");
			return this.server.send(this.id.isEmpty() ? request : request.setHeader("Mcp-Session-Id", this.id));
		}

	}

	@Import({ VaultApplication.class, NotValidatingServers.class })
	static class NotValidatingConditions {

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(NotValidatingServers.class)
	static class NotValidating {

		@Bean
		Calls calls() {
			return new Calls();
		}

		@Bean
		@ConditionalOnProperty(name = "spring.ai.mcp.server.type", havingValue = "SYNC")
		SyncTools notValidatedSync(Calls calls) {
			return new SyncTools(calls);
		}

		@Bean
		@ConditionalOnProperty(name = "spring.ai.mcp.server.type", havingValue = "ASYNC")
		AsyncTools notValidatedAsync(Calls calls) {
			return new AsyncTools(calls);
		}

		record SyncTools(Calls calls) {

			@McpTool(description = "Takes something out")
			@RequiresScope("vault:open")
			String take(int amount) {
				return this.calls.handled("took " + amount);
			}

		}

		record AsyncTools(Calls calls) {

			@McpTool(description = "Takes something out")
			@RequiresScope("vault:open")
			Mono<String> take(int amount) {
				return Mono.fromCallable(() -> this.calls.handled("took " + amount));
			}

		}

	}

	static class NotValidatingServers {

		@Bean
		@Primary
		McpSyncServerCustomizer syncCustomizer() {
			return (server) -> server.validateToolInputs(false).immediateExecution(true);
		}

		@Bean
		McpAsyncServerCustomizer asyncCustomizer() {
			return (server) -> server.validateToolInputs(false);
		}

	}

}
