package io.mcpsecurity.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.List;

import com.code_intelligence.jazzer.junit.DictionaryFile;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.mcpsecurity.fuzz.FuzzedServer.Executed;
import io.mcpsecurity.fuzz.FuzzedServer.Outcome;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever body arrives: what the gate read, and decided by, is what the server behind it
 * executes. Each input goes to both kinds of servers.
 */
class MessageFuzzTests {

	private static final JsonMapper json = JsonMapper.shared();

	private static TestAuthorizationServer authorizationServer;

	private static List<FuzzedServer> servers;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		servers = List.of(new FuzzedServer(Protocol.STATELESS, authorizationServer),
				new FuzzedServer(Protocol.STREAMABLE, authorizationServer));
		// Or there would be nothing to compare.
		assertThatHandlersRun();
	}

	private static void assertThatHandlersRun() {
		byte[] call = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}"
			.getBytes(StandardCharsets.UTF_8);
		assertThat(servers).allSatisfy((server) -> assertThat(server.post(call).executed()).hasSize(1));
	}

	@AfterAll
	static void stop() {
		servers.forEach(FuzzedServer::close);
		authorizationServer.close();
	}

	@FuzzTest
	@DictionaryFile(resourcePath = "messages.dict")
	void whatTheGateReadsIsWhatTheServerExecutes(byte[] body) {
		for (FuzzedServer server : servers) {
			Outcome outcome = server.post(body);
			assertThat(outcome.executed()).hasSizeLessThan(2)
				.allSatisfy((executed) -> assertSame(outcome.message(), executed));
			// The transports would serialize their exceptions.
			assertThat(outcome.body()).doesNotContain("\"stackTrace\":");
		}
	}

	private static void assertSame(McpMessage message, Executed executed) {
		assertThat(message).as("The gate refused what ran: %s", executed).isNotNull();
		assertThat(executed.asked()).isEqualTo(message.target());
		if (executed.arguments() != null) {
			// A handler gets empty arguments where there are none.
			String arguments = (message.arguments() != null) ? message.arguments().text() : "{}";
			assertThat(json.writeValueAsString(executed.arguments()))
				.isEqualTo(json.writeValueAsString(json.readValue(arguments, Object.class)));
		}
	}

}
