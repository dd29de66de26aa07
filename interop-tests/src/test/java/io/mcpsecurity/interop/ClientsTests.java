package io.mcpsecurity.interop;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.test.util.TestSocketUtils;

import static org.awaitility.Awaitility.await;

/**
 * Clients that others wrote, against the sample application as its users start it.
 */
class ClientsTests {

	/** Of access tokens, in seconds: long enough for a sign-in on a busy machine. */
	private static final int TOKEN_LIFETIME = 5;

	private static int port;

	private static Process sample;

	@BeforeAll
	static void startTheSample() throws IOException {
		port = TestSocketUtils.findAvailableTcpPort();
		sample = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-jar",
				System.getProperty("sample.jar"), "--server.port=" + port, "--mcp-security.token.clock-skew=0s",
				"--mcp-authorization-server.tokens.access-token-lifetime=%ds".formatted(TOKEN_LIFETIME))
			.redirectErrorStream(true)
			.redirectOutput(Path.of("target", "sample.log").toFile())
			.start();
		await().atMost(Duration.ofMinutes(3)).until(ClientsTests::listens);
	}

	private static boolean listens() {
		try {
			new Socket(InetAddress.getLoopbackAddress(), port).close();
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

	@AfterAll
	static void stopTheSample() {
		sample.destroy();
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2 })
	void typeScriptClientRegistersAndRefreshesTokens(int generation) {
		run("registration.mjs", String.valueOf(generation));
	}

	@ParameterizedTest
	@ValueSource(strings = { "1", "2", "2 auto", "2 2026-07-28" })
	void typeScriptClientStepsUpAndKeepsGrantedScopes(String arguments) {
		run("step-up.mjs", arguments);
	}

	@Test
	void mcpRemoteRegistersAndForwardsCalls() {
		run("mcp-remote.mjs", "");
	}

	@Test
	void inspectorRegistersAndCallsTools() {
		run("inspector.mjs", "");
	}

	private static void run(String script, String arguments) {
		Node.run(
				Map.of("MCP_URL", "http://localhost:" + port + "/mcp", "TOKEN_LIFETIME",
						String.valueOf(TOKEN_LIFETIME)),
				180, ("src/test/js/" + script + " " + arguments).trim().split(" "))
			.assertPassed();
	}

}
