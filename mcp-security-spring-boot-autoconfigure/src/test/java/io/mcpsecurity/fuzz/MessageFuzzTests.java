package io.mcpsecurity.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import com.code_intelligence.jazzer.junit.DictionaryFile;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.fuzz.FuzzedServer.Executed;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.json.jackson3.JacksonMcpJsonMapper;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.PromptReference;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.ResourceReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever body arrives: what was decided about is what the handler receives, and the
 * handler receives what another reader of the same bytes reads. Each input goes to both
 * kinds of servers, as it is and in the form of MCP 2026-07-28.
 */
class MessageFuzzTests {

	private static final JacksonMcpJsonMapper sdk = new JacksonMcpJsonMapper(JsonMapper.builder().build());

	private static TestAuthorizationServer authorizationServer;

	private static List<FuzzedServer> servers;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		servers = List.of(new FuzzedServer(Protocol.STATELESS, authorizationServer),
				new FuzzedServer(Protocol.STREAMABLE, authorizationServer));
		assertThatHandlersRun();
	}

	/**
	 * Otherwise there is nothing to compare.
	 */
	private static void assertThatHandlersRun() {
		byte[] call = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}"
			.getBytes(StandardCharsets.UTF_8);
		ModernForm modern = ModernForm.of(call);
		assertThat(servers).allSatisfy((server) -> {
			assertThat(server.post(call).executed()).hasSize(1);
			assertThat(server.post(modern.body(), modern.headers()).executed()).hasSize(1);
		});
	}

	/**
	 * They are in a directory with the name of the test method.
	 */
	@Test
	void savedInputsAreFound() {
		assertThat(MessageFuzzTests.class.getDeclaredMethods())
			.filteredOn((method) -> method.isAnnotationPresent(FuzzTest.class))
			.isNotEmpty()
			.allSatisfy((method) -> assertThat(
					MessageFuzzTests.class.getResource("MessageFuzzTestsInputs/" + method.getName()))
				.isNotNull());
	}

	@AfterAll
	static void stop() {
		try {
			assertThatHandlersRun();
		}
		finally {
			servers.forEach(FuzzedServer::close);
			authorizationServer.close();
		}
	}

	@FuzzTest
	@DictionaryFile(resourcePath = "messages.dict")
	void messageDecidedByGateEqualsMessageExecutedByServer(byte[] body) {
		ModernForm modern = ModernForm.of(body);
		for (FuzzedServer server : servers) {
			assertSame(body, server.post(body));
			assertSame(modern.body(), server.post(modern.body(), modern.headers()));
		}
	}

	private static void assertSame(byte[] body, FuzzedServer.Outcome outcome) {
		if (outcome.decision() != null) {
			// The handler's guard had nothing to correct.
			assertThat(outcome.decision()).isEqualTo(outcome.expected());
		}
		assertThat(outcome.executed()).hasSizeLessThan(2)
			.allSatisfy((executed) -> assertDecided(outcome, executed))
			.allSatisfy((executed) -> assertRead(body, outcome.message(), executed));
		// A serialized exception would have it.
		assertThat(outcome.body()).doesNotContain("\"stackTrace\":");
	}

	/**
	 * The rule that granted the call is the one for the handler that ran.
	 */
	private static void assertDecided(FuzzedServer.Outcome outcome, Executed executed) {
		AccessDecision decision = outcome.decision();
		assertThat(decision).as("Nothing was decided about what ran: %s", executed).isNotNull();
		assertThat(decision.outcome()).as("What ran: %s", executed).isEqualTo(Outcome.GRANTED);
		assertThat(decision.rule()).isNotNull().extracting(AccessRule::target).isEqualTo(executed.offered());
	}

	/**
	 * What was read, what the handler received and what the SDK reads are the same.
	 */
	private static void assertRead(byte[] body, McpMessage message, Executed executed) throws IOException {
		assertThat(message).as("What ran was refused: %s", executed).isNotNull();
		JSONRPCRequest request = (JSONRPCRequest) McpSchema.deserializeJsonRpcMessage(sdk,
				new String(body, StandardCharsets.UTF_8));
		assertThat(message.id()).isEqualTo(request.id());
		assertThat(message.method()).isEqualTo(request.method());
		assertThat(message.target()).isEqualTo(target(executed.request()));
		Object read = withArguments(sdk.convertValue(request.params(), executed.request().getClass()));
		// Some of the SDK's equals methods leave out parts, which their text has.
		assertThat(executed.request()).isEqualTo(read).hasToString(read.toString());
	}

	private static McpTarget target(Object request) {
		if (request instanceof CallToolRequest call) {
			return McpTarget.tool(call.name());
		}
		if (request instanceof ReadResourceRequest read) {
			return McpTarget.resource(read.uri());
		}
		if (request instanceof GetPromptRequest get) {
			return McpTarget.prompt(get.name());
		}
		Object ref = Objects.requireNonNull(((CompleteRequest) request).ref());
		return (ref instanceof ResourceReference reference) ? McpTarget.resource(reference.uri())
				: McpTarget.prompt(((PromptReference) ref).name());
	}

	/**
	 * A handler gets empty arguments where there are none.
	 */
	private static Object withArguments(Object request) {
		return (request instanceof CallToolRequest call && call.arguments() == null)
				? new CallToolRequest(call.name(), Map.of(), call.meta()) : request;
	}

}
