package io.mcpsecurity.audit;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringApplication;
import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Events in the log of an application that runs in a process of its own, with each format
 * of Spring Boot's structured logging.
 */
class LogSinkTests {

	private static final List<String> HOSTILE = List.of("browse", "two\nlines", "\r\n{\"message\":\"forged\"}\r\n",
			"\"},{\"quoted\":\"", "\u001b[31mred\u001b[0m", "${jndi:ldap://127.0.0.1/x}", "{} {} %s %m%n",
			"back\\slash", "line\u2028separator\u0085next", "\u202etxet", "\ud83d\ude00", "null\u0000byte",
			"x".repeat(5000));

	@TempDir
	private Path directory;

	@ParameterizedTest
	@EnumSource
	void eachEventIsOneJsonLineWithAllData(Format format) throws Exception {
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				Server server = new Server(this.directory, authorizationServer,
						"--logging.structured.format.console=" + format.name().toLowerCase())) {
			String token = authorizationServer.token(server.url).scope("records:browse").sign();
			for (String name : HOSTILE) {
				server.call(token, JsonMapper.shared()
					.writeValueAsString(new Message("2.0", 7, "tools/call", new Params(name, "hunter2 " + name))));
			}
			server.call(token, "nonsense\n" + HOSTILE);
			server.call(null, "{}");
			server.call("not-a-token", "{}");
			List<JsonNode> events = new ArrayList<>();
			for (String line : server.stop()) {
				JsonNode json = JsonMapper.shared().readTree(line);
				assertThat(json.isObject()).as(line).isTrue();
				if (format.logger.apply(json).asString().equals("io.mcpsecurity.audit")) {
					events.add(json);
				}
				assertThat(line).doesNotContain(token, "not-a-token", "hunter2");
			}
			assertThat(events).hasSize(HOSTILE.size() + 3);
			Set<String> ids = new HashSet<>();
			for (JsonNode event : events) {
				assertThat(format.fact(event, "eventId").asString()).isNotEmpty();
				assertThat(ids.add(format.fact(event, "eventId").asString())).isTrue();
			}
			JsonNode call = events.get(0);
			assertThat(format.message.apply(call).asString())
				.isEqualTo("alice through test-client called tool browse: success");
			assertThat(format.fact(call, "type").asString()).isEqualTo("MCP_CALL");
			assertThat(format.fact(call, "subject").asString()).isEqualTo("alice");
			assertThat(format.fact(call, "client").asString()).isEqualTo("test-client");
			assertThat(format.fact(call, "targetName").asString()).isEqualTo("browse");
			assertThat(format.fact(call, "httpStatus").asInt()).isEqualTo(200);
			assertThat(format.fact(call, "grantedScopes").get(0).asString()).isEqualTo("records:browse");
			assertThat(format.fact(events.get(HOSTILE.size()), "type").asString()).isEqualTo("MCP_REQUEST_REJECTED");
			assertThat(format.message.apply(events.get(HOSTILE.size() + 1)).asString())
				.isEqualTo("An unknown caller was not authenticated: missing");
		}
	}

	@Test
	void whenProcessIsTerminatedThenEventsOfAllRequestsAreWritten() throws Exception {
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				Server server = new Server(this.directory, authorizationServer,
						"--logging.structured.format.console=ecs")) {
			String token = authorizationServer.token(server.url).scope("records:browse").sign();
			List<CompletableFuture<HttpResponse<Void>>> answers = new ArrayList<>();
			for (int i = 0; i < 300; i++) {
				answers.add(server.callAsync(token, JsonMapper.shared()
					.writeValueAsString(new Message("2.0", i, "tools/call", new Params("browse", "query")))));
			}
			CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).get();
			long events = server.stop()
				.stream()
				.map(JsonMapper.shared()::readTree)
				.filter((line) -> Format.ECS.logger.apply(line).asString().equals("io.mcpsecurity.audit"))
				.count();
			assertThat(events).isEqualTo(300);
		}
	}

	enum Format {

		ECS((line) -> line.at("/log/logger"), (line) -> line.at("/message"), "/mcp/audit/"),

		LOGSTASH((line) -> line.at("/logger_name"), (line) -> line.at("/message"), "/mcp.audit."),

		GELF((line) -> line.at("/_log_logger"), (line) -> line.at("/short_message"), "/_mcp.audit.");

		private final Function<JsonNode, JsonNode> logger;

		private final Function<JsonNode, JsonNode> message;

		private final String prefix;

		Format(Function<JsonNode, JsonNode> logger, Function<JsonNode, JsonNode> message, String prefix) {
			this.logger = logger;
			this.message = message;
			this.prefix = prefix;
		}

		JsonNode fact(JsonNode line, String name) {
			return line.at(this.prefix + name);
		}

	}

	record Message(String jsonrpc, int id, String method, Params params) {
	}

	record Params(String name, Arguments arguments) {

		Params(String name, String query) {
			this(name, new Arguments(query));
		}

	}

	record Arguments(String query) {
	}

	/**
	 * The process. (It logs as an application does that has no configuration of Logback;
	 * the tests have one.)
	 */
	private static final class Server implements AutoCloseable {

		private final HttpClient http = HttpClient.newHttpClient();

		private final Path output;

		private final Process process;

		private final String url;

		Server(Path directory, TestAuthorizationServer authorizationServer, String property) throws IOException {
			int port = TestSocketUtils.findAvailableTcpPort();
			this.url = "http://localhost:" + port + "/mcp";
			this.output = directory.resolve("out");
			Path logging = Files.writeString(directory.resolve("logback.xml"), """
					<configuration>
						<include resource="org/springframework/boot/logging/logback/defaults.xml"/>
						<include resource="org/springframework/boot/logging/logback/structured-console-appender.xml"/>
						<root level="INFO"><appender-ref ref="CONSOLE"/></root>
					</configuration>
					""");
			this.process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
					"-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
					SpringApplication.class.getName(), "--spring.main.sources=" + RecordsApplication.class.getName(),
					"--server.port=" + port, "--mcp-security.resource=" + this.url,
					"--mcp-security.authorization-servers=" + authorizationServer.issuer(),
					"--mcp-security.audit.log.enabled=true", "--spring.ai.mcp.server.protocol=STATELESS",
					"--spring.main.banner-mode=off", "--server.tomcat.basedir=" + directory,
					"--logging.config=" + logging.toUri(), property)
				.redirectOutput(this.output.toFile())
				.redirectError(directory.resolve("err").toFile())
				.start();
			try {
				Awaitility.await().atMost(Duration.ofSeconds(60)).until(this::answers);
			}
			catch (RuntimeException ex) {
				this.process.destroyForcibly();
				throw new IllegalStateException(Files.readString(this.output), ex);
			}
		}

		private boolean answers() throws Exception {
			try {
				return this.http
					.send(HttpRequest
						.newBuilder(URI.create(this.url).resolve("/.well-known/oauth-protected-resource/mcp"))
						.build(), BodyHandlers.discarding())
					.statusCode() == 200;
			}
			catch (IOException ex) {
				return false;
			}
		}

		void call(@Nullable String token, String body) throws Exception {
			callAsync(token, body).get();
		}

		CompletableFuture<HttpResponse<Void>> callAsync(@Nullable String token, String body) {
			HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(this.url))
				.header("Content-Type", "application/json")
				.header("Accept", "application/json, text/event-stream")
				.POST(BodyPublishers.ofString(body));
			if (token != null) {
				request.header("Authorization", "Bearer " + token);
			}
			return this.http.sendAsync(request.build(), BodyHandlers.discarding());
		}

		/**
		 * End the process as a container does.
		 * @return what it has written
		 */
		List<String> stop() throws Exception {
			this.process.destroy();
			assertThat(this.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
			return Files.readAllLines(this.output);
		}

		@Override
		public void close() {
			this.process.destroyForcibly();
		}

	}

}
