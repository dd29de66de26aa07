package io.mcpsecurity.apikey;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.mcpsecurity.apikey.jdbc.JdbcApiKeyStore;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.test.Documentation;
import io.mcpsecurity.test.PostgresServer;
import io.mcpsecurity.test.RecordedEvents;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

/**
 * API keys that are created, rotated and revoked over HTTP, in each of the stores.
 */
@ExtendWith(OutputCaptureExtension.class)
class ApiKeyStoreTests {

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";

	private static final String NEW = "{\"subject\":\"robot\",\"client\":\"plant\",\"scope\":\"records:browse records:write\"}";

	private static final RecordedEvents recorded = new RecordedEvents();

	private static final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private static final PostgresServer postgres = PostgresServer.launch();

	@AfterAll
	static void stop() {
		for (Store store : Store.values()) {
			if (store.server != null) {
				store.server.close();
			}
		}
		authorizationServer.close();
		postgres.close();
	}

	@BeforeAll
	static void start() {
		for (Store store : Store.values()) {
			store.server = SecuredServer.start(KeysApplication.class, authorizationServer, properties(store.url()));
		}
	}

	private static String[] properties(@Nullable String database, String... more) {
		List<String> properties = new ArrayList<>(List.of("mcp-security.api-keys.enabled=true",
				"mcp-security.api-keys.store=" + ((database != null) ? "jdbc" : "memory"),
				"mcp-security.api-keys.max-validity=30d", "mcp-security.api-keys.keys.fixed.subject=s",
				"mcp-security.api-keys.keys.fixed.client-id=c",
				"mcp-security.api-keys.keys.fixed.expires-at=" + Instant.now().plusSeconds(600),
				"mcp-security.api-keys.keys.fixed.hash=" + Sha256.of(fixed()),
				"mcp-security.rate-limit.authentication-failures.capacity=200",
				"mcp-security.sessions.check-interval=100ms", "management.endpoints.web.exposure.include=mcpapikeys",
				"management.endpoint.mcpapikeys.access=unrestricted", "spring.security.user.name=operator",
				"spring.security.user.password=a-secret-of-the-operator", "database=" + database));
		for (String property : more) {
			properties.removeIf((other) -> other.startsWith(property.substring(0, property.indexOf('=') + 1)));
			properties.add(property);
		}
		return properties.toArray(String[]::new);
	}

	private static String fixed() {
		return "mcpk_fixed_" + "A".repeat(43);
	}

	@ParameterizedTest
	@EnumSource
	void keyIsShownOnceAndRotatedWithOverlapAndRevokedAtOnce(Store store, CapturedOutput output) {
		SecuredServer server = store.server();
		JsonNode created = json(operate(server, "POST", "", NEW), 200);
		String id = created.path("description").path("id").asString();
		String key = created.path("key").asString();
		assertThat(key).matches("mcpk_" + id + "_[A-Za-z0-9_-]{43}");
		assertThat(status(server, key)).isEqualTo(200);
		String list = operate(server, "GET", "", null).body();
		assertThat(list)
			.contains("\"id\":\"" + id, "\"subject\":\"robot\"", "\"client\":\"plant\"",
					"\"scopes\":[\"records:browse\",\"records:write\"]", "\"id\":\"fixed\"")
			.doesNotContain(key, Sha256.of(key).toString(), Sha256.of(fixed()).toString());

		JsonNode rotated = json(operate(server, "POST", "/" + id, "{\"overlap\":\"1h\"}"), 200);
		String next = rotated.path("key").asString();
		assertThat(rotated.path("description").path("client").asString()).isEqualTo("plant");
		assertThat(List.of(status(server, key), status(server, next))).containsOnly(200);
		String nextId = rotated.path("description").path("id").asString();
		String last = json(operate(server, "POST", "/" + nextId, "{\"overlap\":\"0s\",\"validity\":\"1d\"}"), 200)
			.path("key")
			.asString();
		assertThat(List.of(status(server, next), status(server, last))).containsExactly(401, 200);
		assertThat(operate(server, "POST", "/" + nextId, "{}").statusCode()).as("expired").isEqualTo(404);

		String lastId = last.split("_")[1];
		assertThat(operate(server, "DELETE", "/" + lastId, null).statusCode()).isEqualTo(204);
		assertThat(status(server, last)).isEqualTo(401);
		assertThat(operate(server, "DELETE", "/" + lastId, null).statusCode()).isEqualTo(404);
		assertThat(operate(server, "POST", "/" + lastId, "{}").statusCode()).isEqualTo(404);
		assertThat(status(server, key)).as("of the overlap").isEqualTo(200);

		await().atMost(Duration.ofSeconds(30))
			.until(() -> !changes(lastId, McpAuditEvent.Type.MCP_API_KEY_REVOKED).isEmpty());
		assertThat(changes(id, McpAuditEvent.Type.MCP_API_KEY_CREATED)).hasSize(1);
		assertThat(changes(nextId, McpAuditEvent.Type.MCP_API_KEY_ROTATED)).singleElement()
			.satisfies((event) -> assertThat(event.data().get("apiKey").toString()).contains("replaces=" + id));
		assertThat(recorded.list().stream().filter((event) -> event.data().containsKey("apiKey")))
			.allMatch((event) -> "operator".equals(event.subject()));
		assertThat(recorded.list() + output.toString()).doesNotContain(key, next, last, secret(key));
	}

	@ParameterizedTest
	@EnumSource
	void openStreamEndsWhenItsKeyIsRevoked(Store store) throws Exception {
		SecuredServer server = store.server();
		JsonNode created = json(operate(server, "POST", "", NEW), 200);
		String key = created.path("key").asString();
		String session = server.send(server.post(null, """
				{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
				"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""").setHeader("X-API-Key", key))
			.headers()
			.firstValue("Mcp-Session-Id")
			.orElseThrow();
		HttpResponse<InputStream> stream = HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(URI.create(server.url()))
				.header("Accept", "text/event-stream")
				.header("Mcp-Session-Id", session)
				.header("X-API-Key", key)
				.build(), BodyHandlers.ofInputStream());
		assertThat(stream.statusCode()).isEqualTo(200);
		CompletableFuture<byte[]> end = CompletableFuture.supplyAsync(() -> {
			try {
				return stream.body().readAllBytes();
			}
			catch (Exception ex) {
				return new byte[0];
			}
		});
		assertThat(catchThrowable(() -> end.get(2, TimeUnit.SECONDS))).as("still open").isNotNull();
		operate(server, "DELETE", "/" + created.path("description").path("id").asString(), null);
		end.get(20, TimeUnit.SECONDS);
		assertThat(server.send(server.post(null, LIST).setHeader("X-API-Key", key).setHeader("Mcp-Session-Id", session))
			.statusCode()).isEqualTo(401);
	}

	@Test
	void keyOfOtherInstanceIsAcceptedAndRevoked() {
		ApiKeyStore other = new JdbcApiKeyStore(Store.H2.server().context().getBean(DataSource.class), 2);
		String text = "mcpk_shared_" + "B".repeat(43);
		other.add(new ApiKey("shared", Sha256.of(text), "s", "c", Set.of(), Instant.now().plusSeconds(60),
				List.of("127.0.0.0/8", "::1")));
		assertThat(status(Store.H2.server(), text)).isEqualTo(200);
		assertThat(other.find("shared"))
			.isEqualTo(other.all().stream().filter((key) -> key.id().equals("shared")).findFirst().orElseThrow());
		ApiKey before = other.find("shared");
		assertThat(other.expire("shared", Instant.now().plusSeconds(3600))).isTrue();
		assertThat(other.find("shared")).as("not extended").isEqualTo(before);
		assertThat(status(Store.H2.server(), text)).isEqualTo(200);
		assertThat(other.expire("shared", Instant.now().minusSeconds(1))).isTrue();
		assertThat(status(Store.H2.server(), text)).isEqualTo(401);
		assertThat(other.remove("shared")).isTrue();
		assertThat(other.expire("shared", Instant.now())).isFalse();
	}

	@Test
	void whenDatabaseIsDownThenKeysGet503AndThoseOfTheConfigurationAreAccepted() {
		PostgresServer broken = PostgresServer.launch();
		try (SecuredServer server = SecuredServer.start(KeysApplication.class, authorizationServer,
				properties(broken.newDatabase(), "spring.ai.mcp.server.protocol=STATELESS"))) {
			String key = json(operate(server, "POST", "", NEW), 200).path("key").asString();
			assertThat(status(server, key)).isEqualTo(200);
			broken.stop();
			HttpResponse<String> refused = server.send(server.post(null, LIST).setHeader("X-API-Key", key));
			assertThat(refused.statusCode()).isEqualTo(503);
			assertThat(refused.headers().firstValue("Retry-After")).isPresent();
			assertThat(refused.body()).contains("-32012").doesNotContain("mcp_api_key");
			assertThat(status(server, fixed())).isEqualTo(200);
			assertThat(status(server, server.token().sign(), "Authorization")).isEqualTo(200);
			broken.start();
			await().atMost(Duration.ofSeconds(30)).until(() -> status(server, key) == 200);
		}
		finally {
			broken.close();
		}
	}

	@Test
	void whenTableIsMissingThenStartFails(CapturedOutput output) {
		assertThat(catchThrowable(() -> SecuredServer
			.start(KeysApplication.class, authorizationServer,
					properties("jdbc:h2:mem:" + UUID.randomUUID(), "table=no"))
			.close())).isNotNull();
		assertThat(output).contains("mcp-security.api-keys.store", "mcp_api_key", "docs/api-keys.md");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "{\"subject\":\"s\"}", "{\"subject\":\"\",\"client\":\"c\"}",
			"{\"subject\":\"s\",\"client\":\"c\",\"scope\":\"a\\\"b\"}",
			"{\"subject\":\"s\",\"client\":\"c\",\"networks\":\"example.com\"}",
			"{\"subject\":\"s\",\"client\":\"c\",\"networks\":\"10.0.0.0/99\"}",
			"{\"subject\":\"s\",\"client\":\"c\",\"validity\":\"31d\"}",
			"{\"subject\":\"s\",\"client\":\"c\",\"validity\":\"0s\"}",
			"{\"subject\":\"s\",\"client\":\"c\",\"validity\":\"-1s\"}" })
	void invalidKeyIsNotCreated(String body) {
		SecuredServer server = Store.MEMORY.server();
		assertThat(operate(server, "POST", "", body).statusCode()).isEqualTo(400);
	}

	@Test
	void keyOfTheConfigurationCannotBeChanged() {
		SecuredServer server = Store.MEMORY.server();
		assertThat(operate(server, "DELETE", "/fixed", null).statusCode()).isEqualTo(400);
		assertThat(operate(server, "POST", "/fixed", "{}").statusCode()).isEqualTo(400);
		assertThat(operate(server, "POST", "/unknown", "{\"overlap\":\"31d\"}").statusCode()).isEqualTo(400);
	}

	@Test
	void refusedKeysAreLimitedByAddressAndGoodOnesAreNot() {
		try (SecuredServer server = SecuredServer.start(KeysApplication.class, authorizationServer,
				properties("jdbc:h2:mem:" + UUID.randomUUID(), "spring.ai.mcp.server.protocol=STATELESS",
						"mcp-security.rate-limit.authentication-failures.capacity=2",
						"mcp-security.rate-limit.authentication-failures.period=1h"))) {
			String known = json(operate(server, "POST", "", NEW), 200).path("key").asString();
			assertThat(status(server, known)).isEqualTo(200);
			String wrong = "mcpk_wrong_" + "C".repeat(43);
			assertThat(List.of(status(server, wrong), status(server, wrong), status(server, wrong)))
				.containsExactly(401, 401, 429);
			assertThat(List.of(status(server, known), status(server, fixed()))).containsOnly(200);
		}
	}

	@ParameterizedTest
	@CsvSource({ "POST, /actuator/mcpapikeys", "POST, /actuator/mcpapikeys/id", "DELETE, /actuator/mcpapikeys/id" })
	void whenAnOperationIsOpenThenStartFails(String method, String path, CapturedOutput output) {
		assertThat(catchThrowable(() -> SecuredServer
			.start(KeysApplication.class, authorizationServer, properties(null, "open=" + method + " " + path))
			.close())).isNotNull();
		assertThat(output).contains(method + " " + path + " creates and revokes API keys, and no authentication");
	}

	@Test
	void operationsNeedThePropertyAndTheOperator() {
		assertThat(Store.MEMORY.server().get(Store.MEMORY.server().url("/actuator/mcpapikeys")).statusCode())
			.isEqualTo(401);
		try (SecuredServer server = SecuredServer.start(KeysApplication.class, authorizationServer,
				properties(null, "management.endpoint.mcpapikeys.access=read-only"))) {
			assertThat(operate(server, "GET", "", null).statusCode()).isEqualTo(200);
			assertThat(operate(server, "POST", "", NEW).statusCode()).isEqualTo(405);
			assertThat(operate(server, "DELETE", "/id", null).statusCode()).isIn(404, 405);
		}
	}

	private static int status(SecuredServer server, String key) {
		return status(server, key, "X-API-Key");
	}

	private static int status(SecuredServer server, String credential, String header) {
		return server
			.send(server.post(null, """
					{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
					"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""")
				.setHeader(header, header.equals("Authorization") ? "Bearer " + credential : credential))
			.statusCode();
	}

	private static String secret(String key) {
		return key.substring(key.length() - 43);
	}

	private static List<McpAuditEvent> changes(String id, McpAuditEvent.Type type) {
		return recorded.list()
			.stream()
			.filter((event) -> event.type() == type && event.data().get("apiKey") instanceof Map<?, ?> key
					&& id.equals(key.get("id")))
			.toList();
	}

	private static JsonNode json(HttpResponse<String> response, int status) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
		return JsonMapper.shared().readTree(response.body());
	}

	private static HttpResponse<String> operate(SecuredServer server, String method, String path,
			@Nullable String body) {
		return server.send(HttpRequest.newBuilder(URI.create(server.url("/actuator/mcpapikeys" + path)))
			.setHeader("Content-Type", "application/json")
			.setHeader(HttpHeaders.AUTHORIZATION,
					"Basic " + HttpHeaders.encodeBasicAuth("operator", "a-secret-of-the-operator", null))
			.method(method, (body != null) ? BodyPublishers.ofString(body) : BodyPublishers.noBody()));
	}

	enum Store {

		MEMORY, H2, POSTGRESQL;

		private @Nullable SecuredServer server;

		@Nullable String url() {
			return switch (this) {
				case MEMORY -> null;
				case H2 -> "jdbc:h2:mem:" + UUID.randomUUID();
				case POSTGRESQL -> postgres.newDatabase();
			};
		}

		SecuredServer server() {
			assertThat(this.server).isNotNull();
			return this.server;
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(RecordsApplication.Records.class)
	static class KeysApplication {

		@Bean
		HikariDataSource dataSource(Environment environment) {
			String url = environment.getProperty("database", "null");
			HikariDataSource dataSource = PostgresServer.pool(url.equals("null") ? "jdbc:h2:mem:" + UUID.randomUUID()
					: url + (url.startsWith("jdbc:h2") ? ";DB_CLOSE_DELAY=-1" : ""));
			if (!environment.containsProperty("table")) {
				new JdbcTemplate(dataSource).execute(Documentation.blocks("docs/api-keys.md", "sql").get(0));
			}
			return dataSource;
		}

		@Bean
		SecurityFilterChain operators(HttpSecurity http, Environment environment) {
			String[] open = environment.getProperty("open", "GET /nothing").split(" ");
			return http
				.authorizeHttpRequests((requests) -> requests.requestMatchers(HttpMethod.valueOf(open[0]), open[1])
					.permitAll()
					.anyRequest()
					.authenticated())
				.httpBasic(Customizer.withDefaults())
				.csrf((csrf) -> csrf.disable())
				.build();
		}

		@Bean
		RecordedEvents recordedEvents() {
			return recorded;
		}

	}

}
