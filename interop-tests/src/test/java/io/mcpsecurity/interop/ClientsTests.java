package io.mcpsecurity.interop;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
		sample = new ProcessBuilder(java(), "-jar", System.getProperty("sample.jar"), "--server.port=" + port,
				"--mcp-security.token.clock-skew=0s",
				"--mcp-authorization-server.tokens.access-token-lifetime=%ds".formatted(TOKEN_LIFETIME))
			.redirectErrorStream(true)
			.redirectOutput(Path.of("target", "sample.log").toFile())
			.start();
		await().atMost(Duration.ofMinutes(3)).until(ClientsTests::listens);
	}

	private static String java() {
		return ProcessHandle.current().info().command().orElse("java");
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

	/**
	 * The SDK's modern client, and the one for the legacy revisions.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "modern", "legacy" })
	void javaClientStepsUp(String client) {
		String others = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
			.filter((entry) -> !entry.contains("modelcontextprotocol"))
			.collect(Collectors.joining(File.pathSeparator));
		Programs
			.run(List.of(java(), "-cp", "target/mcp-java-sdk/*" + File.pathSeparator + others,
					"src/test/java-sdk/io/mcpsecurity/interop/sdk/StepUp.java", client), environment(), 180)
			.assertPassed();
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
		Node.run(environment(), 180, ("src/test/js/" + script + " " + arguments).trim().split(" ")).assertPassed();
	}

	private static Map<String, String> environment() {
		return Map.of("MCP_URL", "http://localhost:" + port + "/mcp", "TOKEN_LIFETIME", String.valueOf(TOKEN_LIFETIME));
	}

}
