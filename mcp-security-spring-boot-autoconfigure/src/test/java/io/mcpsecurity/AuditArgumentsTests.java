package io.mcpsecurity;

import java.util.List;

import io.mcpsecurity.audit.ArgumentSummaries;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpMessageReader;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.server.McpSyncServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.McpToolUtils;
import org.springframework.ai.mcp.annotation.McpArg;
import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.McpToolParam;
import org.springframework.ai.support.ToolCallbacks;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.annotation.ToolParam;
import org.springframework.ai.tool.definition.ToolDefinition;
import org.springframework.ai.tool.method.MethodToolCallbackProvider;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Summaries of the arguments of real servers' tools and prompts. The handlers get what
 * the summaries do not tell.
 */
class AuditArgumentsTests {

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		server = SecuredServer.start(Payments.class, authorizationServer, "mcp-security.audit.arguments=full",
				"mcp-security.audit.sensitive-names=hush");
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~',
			textBlock = """
					pay        | {"card":{"number":"4111","owner":"alice"},"memo":"rent"}   | {"card":{"number":"***","owner":"alice"},"memo":"rent"}
					payAll     | {"cards":[{"number":"4111","owner":"alice"}]}              | {"cards":[{"number":"***","owner":"alice"}]}
					remember   | {"note":"4111","place":"home"}                             | {"note":"***","place":"home"}
					wrapped    | {"note":"4111","place":"home"}                             | {"note":"***","place":"home"}
					login      | {"user":"alice","password":"4111","hush":1}                | {"user":"alice","password":"***","hush":"***"}
					""")
	void sensitiveToolArgumentsAreMaskedInEventAndPassedToHandler(String tool, String arguments, String expected) {
		assertThat(summary("tools/call", "{\"name\":\"" + tool + "\",\"arguments\":" + arguments + "}"))
			.isEqualTo(JsonMapper.shared().readTree(expected));
		assertThat(SecuredServer.text(server.callTool(server.token().sign(), tool, arguments))).contains("4111");
	}

	@Test
	void sensitiveArgumentsOfRefusedCallsAreMasked() {
		assertThat(summary("tools/call",
				"""
						{"name":"pay","arguments":{"card":"{\\"number\\":\\"4111\\"}","number":"4111","memo":{"number":"4111"}}}"""))
			.hasToString("{\"card\":\"***\",\"number\":\"***\",\"memo\":{\"number\":\"***\"}}");
	}

	@Test
	void sensitivePromptArgumentsAreMaskedInEventAndPassedToHandler() {
		String params = "{\"name\":\"receipt\",\"arguments\":{\"the-number\":\"4111\",\"owner\":\"alice\"}}";
		assertThat(summary("prompts/get", params)).hasToString("{\"the-number\":\"***\",\"owner\":\"alice\"}");
		assertThat(server.call(server.token().sign(), "prompts/get", params).body()).contains("4111");
	}

	@Test
	void sensitiveCompletionArgumentsAreMasked() {
		assertThat(summary("completion/complete", """
				{"ref":{"type":"ref/prompt","name":"receipt"},"argument":{"name":"the-number","value":"41"},
				"context":{"arguments":{"owner":"alice","password":"x"}}}""")).hasToString(
				"{\"argument\":{\"the-number\":\"***\"},\"context\":{\"owner\":\"alice\",\"password\":\"***\"}}");
	}

	@Test
	void sensitiveArgumentsOfToolsAddedAtRuntimeAreMasked() {
		server.context()
			.getBean(McpSyncServer.class)
			.addTool(McpToolUtils.toSyncToolSpecification(ToolCallbacks.from(new Late())[0]));
		assertThat(summary("tools/call", "{\"name\":\"late\",\"arguments\":{\"card\":{\"number\":\"4111\"},\"a\":1}}"))
			.hasToString("{\"card\":{\"number\":\"***\"},\"a\":1}");
	}

	private static @Nullable JsonNode summary(String method, String params) {
		return summary(server, method, params);
	}

	/**
	 * The summary of a request, read and written as for an event.
	 */
	private static @Nullable JsonNode summary(SecuredServer server, String method, String params) {
		try {
			McpMessage message = new McpMessageReader(64)
				.read(("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":" + params + "}")
					.getBytes(UTF_8));
			Object summary = server.context()
				.getBean(ArgumentSummaries.class)
				.of(message.targetIfAny().orElseThrow(), message.arguments());
			return (summary != null) ? JsonMapper.shared().valueToTree(summary) : null;
		}
		catch (Exception ex) {
			throw new AssertionError(ex);
		}
	}

	record Card(@Sensitive String number, @Nullable String owner) {
	}

	/**
	 * Tools and prompts that are given sensitive things.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ Annotated.class, Callbacks.class, Hidden.class })
	public static class Payments {

		@Bean
		ToolCallbackProvider callbacks(Callbacks callbacks) {
			return MethodToolCallbackProvider.builder().toolObjects(callbacks).build();
		}

		@Bean
		ToolCallback wrapped(Hidden hidden) {
			return new Wrapper(ToolCallbacks.from(hidden)[0]);
		}

	}

	/**
	 * Spring AI's annotations for MCP.
	 */
	public static class Annotated {

		@McpTool(name = "pay", description = "Pays")
		public String pay(Card card, @McpToolParam(required = false) String memo) {
			return "paid " + card.number();
		}

		@McpTool(name = "payAll", description = "Pays")
		public String payAll(List<Card> cards) {
			return "paid " + cards;
		}

		@McpTool(name = "login", description = "Logs in")
		public String login(String user, String password, @Nullable Integer hush) {
			return "welcome " + user + " " + password;
		}

		@McpPrompt(name = "receipt", description = "Writes a receipt")
		public String receipt(@Sensitive @McpArg(name = "the-number", required = true) String number,
				@McpArg(name = "owner") String owner) {
			return "receipt for " + number;
		}

	}

	/**
	 * Spring AI's annotation for tools in general.
	 */
	public static class Callbacks {

		@Tool(name = "remember", description = "Remembers")
		public String remember(@Sensitive @ToolParam(description = "What") String note, String place,
				McpCaller caller) {
			return "noted " + note;
		}

	}

	/**
	 * The same, offered by a callback that does not show it.
	 */
	public static class Hidden {

		@Tool(name = "wrapped", description = "Remembers")
		public String wrapped(@Sensitive String note, String place) {
			return "noted " + note;
		}

	}

	/**
	 * Not a bean.
	 */
	public static class Late {

		@Tool(name = "late", description = "Pays")
		public String late(Card card, int a) {
			return "paid";
		}

	}

	private record Wrapper(ToolCallback callback) implements ToolCallback {

		@Override
		public ToolDefinition getToolDefinition() {
			return this.callback.getToolDefinition();
		}

		@Override
		public String call(String input) {
			return this.callback.call(input);
		}

	}

}
