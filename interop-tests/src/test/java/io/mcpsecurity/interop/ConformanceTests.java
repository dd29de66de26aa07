package io.mcpsecurity.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

import io.mcpsecurity.interop.conformance.ConformanceServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.test.util.TestSocketUtils;
import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The official conformance suite. Of revision 2025-11-25, against the same server without
 * and with the starter: with it, no scenario fails that passes without. Of 2026-07-28,
 * with the starter, which adds it.
 */
class ConformanceTests {

	private static final String SUITE = "node_modules/@modelcontextprotocol/conformance/dist/index.js";

	/** What a server without sessions cannot do. */
	private static final Set<String> OF_SESSIONS = Set.of("server-logging-set-level", "server-tools-call-with-logging",
			"server-tools-call-with-progress", "server-tools-call-sampling", "server-tools-call-elicitation",
			"server-elicitation-sep1034-defaults", "server-elicitation-sep1330-enums", "server-resources-subscribe",
			"server-resources-unsubscribe");

	private static final Set<String> OF_EXCHANGES = Set.of("server-server-stateless",
			"server-tools-call-with-progress");

	/** What the suite runs without requiring it. */
	private static final Set<String> OPTIONAL = Set.of("server-tasks-", "server-json-schema-2020-12", "server-http-");

	@ParameterizedTest
	@ValueSource(strings = { "STREAMABLE", "STATELESS" })
	void securedServerPassesConformanceScenariosThatUnsecuredServerPasses(String protocol) {
		Map<String, Long> unsecured = failures(protocol, false);
		Map<String, Long> secured = failures(protocol, true);
		assertThat(secured).containsOnlyKeys(unsecured.keySet()).hasSizeGreaterThan(30);
		assertThat(secured).allSatisfy((scenario, failures) -> {
			assertThat(failures).as(scenario).isLessThanOrEqualTo(unsecured.get(scenario));
			if (protocol.equals("STREAMABLE") || !OF_SESSIONS.contains(scenario)) {
				assertThat(failures).as(scenario).isZero();
			}
		});
	}

	/**
	 * What revision 2026-07-28 requires of a server. A server without sessions has no
	 * exchange with its client for progress and log messages.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "STREAMABLE", "STATELESS" })
	void aSecuredServerConformsToRevision20260728(String protocol) {
		Map<String, Long> failures = failures(protocol, true, "2026-07-28", "--requirements", "2026-07-28");
		failures.keySet().removeIf((scenario) -> OPTIONAL.stream().anyMatch(scenario::startsWith));
		assertThat(failures).hasSizeGreaterThan(35);
		assertThat(failures).allSatisfy((scenario, count) -> {
			if (protocol.equals("STREAMABLE") || !OF_EXCHANGES.contains(scenario)) {
				assertThat(count).as(scenario).isZero();
			}
		});
	}

	private static Map<String, Long> failures(String protocol, boolean secured) {
		return failures(protocol, secured, "2025-11-25", "--suite", "all", "--spec-version", "2025-11-25");
	}

	/**
	 * The number of checks that failed, by scenario.
	 */
	private static Map<String, Long> failures(String protocol, boolean secured, String revision, String... selection) {
		Path results = Path.of("target", "conformance",
				protocol + "-" + revision + (secured ? "-secured" : "-unsecured"));
		int port = TestSocketUtils.findAvailableTcpPort();
		String resource = "http://localhost:" + port + "/mcp";
		try (TestAuthorizationServer issuer = TestAuthorizationServer.start()) {
			ConfigurableApplicationContext server = SpringApplication.run(ConformanceServer.class,
					"--server.port=" + port, "--spring.ai.mcp.server.protocol=" + protocol,
					"--mcp-security.enabled=" + secured, "--mcp-security.resource=" + resource,
					"--mcp-security.authorization-servers=" + issuer.issuer(),
					"--conformance.token=" + issuer.token(resource).expiresIn(Duration.ofHours(1)).sign());
			try {
				FileSystemUtils.deleteRecursively(results);
				Node.run(Map.of(), 400,
						Stream
							.concat(Stream.of(SUITE, "server", "--url", resource, "-o", results.toString()),
									Stream.of(selection))
							.toArray(String[]::new));
				return failures(results);
			}
			finally {
				server.close();
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Map<String, Long> failures(Path results) throws IOException {
		Map<String, Long> failures = new TreeMap<>();
		try (DirectoryStream<Path> scenarios = Files.newDirectoryStream(results)) {
			for (Path scenario : scenarios) {
				JsonNode checks = JsonMapper.shared().readTree(scenario.resolve("checks.json").toFile());
				failures.put(scenario.getFileName().toString().replaceFirst("-\\d{4}-\\d\\d-\\d\\dT.*", ""),
						checks.valueStream()
							.filter((check) -> check.get("status").asString().equals("FAILURE"))
							.count());
			}
		}
		return failures;
	}

}
