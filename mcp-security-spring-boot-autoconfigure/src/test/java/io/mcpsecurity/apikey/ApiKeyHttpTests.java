package io.mcpsecurity.apikey;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.RequiresAuthentication;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.downstream.Downstream;
import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.test.McpResponse;
import io.mcpsecurity.test.RecordedEvents;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.client.RestClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

/**
 * API keys of the configuration, over HTTP.
 */
@ExtendWith(OutputCaptureExtension.class)
class ApiKeyHttpTests {

	private static final String SECRET = "Zm9yIHRlc3RzIG9ubHksIDMyIGJ5dGVzIGxvbmch-_A";

	private static final String KEY = key("ci");

	private static final List<String> DOWNSTREAM = List.of("mcp-security.downstream.orders.base-url=http://localhost:1",
			"mcp-security.downstream.orders.grant=token-exchange", "mcp-security.downstream.orders.client-id=mcp",
			"mcp-security.downstream.orders.client-secret=a-secret",
			"mcp-security.downstream.orders.token-uri=http://localhost:1/token",
			"mcp-security.downstream.orders.scopes=orders");

	private static final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private static final RecordedEvents recorded = new RecordedEvents();

	private static SecuredServer server;

	private static SecuredServer sessions;

	private static SecuredServer off;

	@BeforeAll
	static void start() {
		server = start("STATELESS");
		sessions = start("STREAMABLE");
		off = SecuredServer.start(KeyApplication.class, authorizationServer,
				Stream.concat(Stream.of("spring.ai.mcp.server.protocol=STATELESS"), DOWNSTREAM.stream())
					.toArray(String[]::new));
	}

	private static SecuredServer start(String protocol) {
		List<String> properties = new ArrayList<>(List.of("mcp-security.api-keys.enabled=true",
				"spring.ai.mcp.server.protocol=" + protocol, "logging.level.io.mcpsecurity=debug",
				"mcp-security.audit.log.enabled=true", "mcp-security.clients.deny=denied-client",
				"mcp-security.http.allowed-origins=https://app.example"));
		properties.addAll(DOWNSTREAM);
		properties.addAll(configured("ci", Instant.now().plusSeconds(3600)));
		properties.addAll(configured("other", Instant.now().plusSeconds(3600)));
		properties.addAll(configured("expired", Instant.now().minusSeconds(1)));
		properties.addAll(configured("far", Instant.now().plusSeconds(3600)));
		properties.addAll(configured("near", Instant.now().plusSeconds(3600)));
		properties.addAll(configured("denied", Instant.now().plusSeconds(3600)));
		properties.add("mcp-security.api-keys.keys.far.networks=10.0.0.0/8,2001:db8::/32");
		properties.add("mcp-security.api-keys.keys.near.networks=10.0.0.0/8,127.0.0.0/8,::1");
		return SecuredServer.start(KeyApplication.class, authorizationServer, properties.toArray(String[]::new));
	}

	private static List<String> configured(String id, Instant expiry) {
		String prefix = "mcp-security.api-keys.keys." + id;
		return List.of(prefix + ".hash=" + Sha256.of(key(id)), prefix + ".subject=pipeline",
				prefix + ".client-id=" + id + "-client", prefix + ".scopes=records:browse",
				prefix + ".expires-at=" + expiry);
	}

	private static String key(String id) {
		return "mcpk_" + id + "_" + SECRET;
	}

	@AfterAll
	static void stop() {
		server.close();
		sessions.close();
		off.close();
		authorizationServer.close();
	}

	@Test
	void keyAuthenticatesCallerLikeAToken() {
		HttpResponse<String> response = call(server, "who", (request) -> request.header("x-api-KEY", KEY));
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(McpResponse.of(response).text()).contains("subject=pipeline", "issuer=urn:mcp-security:api-keys",
				"client=ci-client", "scopes=[records:browse]", "tokenId=ci", "resource=" + server.url());
		assertThat(text("browse")).isEqualTo("browsed null");
		assertThat(text("authority")).contains("pipeline [SCOPE_records:browse]");
		await().atMost(Duration.ofSeconds(30)).until(() -> !events("tokenId", "ci").isEmpty());
		assertThat(events("tokenId", "ci")).allSatisfy((event) -> assertThat(event.data()).containsAllEntriesOf(
				Map.of("subject", "pipeline", "issuer", "urn:mcp-security:api-keys", "client", "ci-client")));
	}

	@Test
	void scopeThatTheKeyLacksIsDeniedWithChallenge() {
		HttpResponse<String> response = call(server, "move", (request) -> request.header("X-API-Key", KEY));
		assertThat(response.statusCode()).isEqualTo(403);
		assertThat(McpResponse.of(response).challenge("error")).isEqualTo("insufficient_scope");
		assertThat(McpResponse.of(response).challenge("scope")).contains("records:write");
	}

	@Test
	void keySatisfiesNoRequirementOfAnAuthenticationOfTheUser() {
		HttpResponse<String> response = call(server, "sensitive", (request) -> request.header("X-API-Key", KEY));
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow())
			.startsWith("Bearer error=\"insufficient_user_authentication\"")
			.contains("acr_values=\"gold\"", "resource_metadata=");
	}

	@Test
	void keyFromAcceptedNetworkIsAccepted() {
		assertThat(call(server, "time", (request) -> request.header("X-API-Key", key("near"))).statusCode())
			.isEqualTo(200);
	}

	@Test
	void keyOfDeniedClientIsRefused() {
		HttpResponse<String> response = call(server, "time", (request) -> request.header("X-API-Key", key("denied")));
		assertThat(response.statusCode()).isEqualTo(403);
		assertThat(response.body()).contains("-32013");
	}

	static Stream<Arguments> badCredentialIsRefusedWithOneEvent() {
		return Stream.of(refused("wrong secret", 401, "inactive", "X-API-Key", KEY.replace("Zm9y", "Zm9x")),
				refused("unknown id", 401, "inactive", "X-API-Key", key("nobody")),
				refused("expired", 401, "expired", "X-API-Key", key("expired")),
				refused("another network", 401, "network", "X-API-Key", key("far")),
				refused("another network, with a forged address", 401, "network", "X-API-Key", key("far"),
						"X-Forwarded-For", "10.0.0.1"),
				refused("empty", 401, "malformed", "X-API-Key", ""),
				refused("without prefix", 401, "malformed", "X-API-Key", SECRET),
				refused("shorter secret", 401, "malformed", "X-API-Key", KEY.substring(0, KEY.length() - 1)),
				refused("hash instead of the key", 401, "malformed", "X-API-Key", Sha256.of(KEY).toString()),
				refused("two keys in a header", 401, "malformed", "X-API-Key", KEY + "," + KEY),
				refused("6 KB", 401, "malformed", "X-API-Key", KEY + "x".repeat(6000)),
				refused("two headers", 400, "invalid_request", "X-API-Key", KEY, "x-api-key", KEY),
				refused("with Basic", 400, "invalid_request", "X-API-Key", KEY, "Authorization", "Basic YTpi"),
				refused("with an empty Authorization", 400, "invalid_request", "X-API-Key", KEY, "Authorization", ""),
				refused("with a bad token", 400, "invalid_request", "X-API-Key", KEY, "Authorization", "Bearer x"),
				refused("as a bearer token", 401, "malformed", "Authorization", "Bearer " + KEY));
	}

	private static Arguments refused(String name, int status, String reason, String... headers) {
		return argumentSet(name, status, reason, headers);
	}

	@ParameterizedTest
	@MethodSource
	void badCredentialIsRefusedWithOneEvent(int status, String reason, String[] headers, CapturedOutput output) {
		assertRefused(status, reason, (request) -> request.headers(headers), "");
		assertThat(output.toString()).doesNotContain(SECRET);
	}

	@Test
	void keyWithGoodTokenIsRefused() {
		String token = server.token("records:browse").sign();
		assertRefused(400, "invalid_request",
				(request) -> request.header("X-API-Key", KEY).header("Authorization", "Bearer " + token), "");
		assertRefused(400, "invalid_request", (request) -> request.header("X-API-Key", KEY), "?access_token=" + token);
	}

	@Test
	void keyInTheQueryIsIgnored() {
		for (String name : List.of("X-API-Key", "api_key", "access_token")) {
			assertRefused(401, "missing", (request) -> request, "?" + name + "=" + KEY);
		}
	}

	@Test
	void keyOfTenKilobytesIsRefusedByTheContainer() {
		assertThat(
				call(server, "time", (request) -> request.header("X-API-Key", KEY + "x".repeat(10_000))).statusCode())
			.isBetween(400, 431);
	}

	@Test
	void keysAreNotAcceptedUnlessTheyAreEnabled() {
		assertThat(call(off, "time", (request) -> request.header("X-API-Key", KEY)).statusCode()).isEqualTo(401);
		String token = off.token("records:browse").sign();
		assertThat(call(off, "time",
				(request) -> request.header("X-API-Key", KEY).header("Authorization", "Bearer " + token))
			.statusCode()).isEqualTo(200);
	}

	@Test
	void sessionBelongsToTheCallerOfTheKey() {
		String session = initialize((request) -> request.header("X-API-Key", KEY));
		assertThat(inSession(session, (request) -> request.header("X-API-Key", KEY))).isEqualTo(200);
		assertThat(inSession(session, (request) -> request.header("X-API-Key", key("other")))).isEqualTo(404);
		String token = sessions.token("records:browse").subject("pipeline").claim("client_id", "ci-client").sign();
		assertThat(inSession(session, (request) -> request.header("Authorization", "Bearer " + token))).isEqualTo(404);
		assertThat(inSession(session, (request) -> request)).isEqualTo(401);
	}

	@Test
	void keyIsNeitherExchangedNorSentToAnotherService() {
		assertThat(text("exchange")).contains("the caller has an API key, and no token that could be exchanged");
		assertThat(text("leak")).contains("it contains the access token of an MCP client");
		assertThat(text("leakOnAnotherThread")).contains("it contains the access token of an MCP client");
	}

	@Test
	void keyIsMaskedInEvents() {
		call(server, KEY, (request) -> request.header("X-API-Key", KEY).header("Mcp-Session-Id", KEY));
		call(server, "browse", (request) -> request.header("X-API-Key", KEY), "{\"query\":\"" + KEY + "\"}");
		await().atMost(Duration.ofSeconds(30)).until(() -> !events("targetName", "***").isEmpty());
		assertThat(recorded.list().toString()).doesNotContain(SECRET);
	}

	@Test
	void preflightOfAllowedOriginOnlyIsAnswered() {
		assertThat(preflight("https://app.example").headers().firstValue("Access-Control-Allow-Headers").orElse(""))
			.containsIgnoringCase("x-api-key");
		assertThat(preflight("https://evil.example").headers().firstValue("Access-Control-Allow-Headers")).isEmpty();
	}

	@Test
	void challengesAndMetadataDoNotMentionKeys() {
		assertThat(server.get(server.url("/.well-known/oauth-protected-resource/mcp")).body())
			.doesNotContainIgnoringCase("api");
		HttpResponse<String> refused = call(server, "time", (request) -> request);
		assertThat(refused.headers().map().toString()).doesNotContainIgnoringCase("api-key");
	}

	private static HttpResponse<String> preflight(String origin) {
		return server.send(HttpRequest.newBuilder(URI.create(server.url()))
			.method("OPTIONS", HttpRequest.BodyPublishers.noBody())
			.header("Origin", origin)
			.header("Access-Control-Request-Method", "POST")
			.header("Access-Control-Request-Headers", "x-api-key,content-type"));
	}

	private static void assertRefused(int status, String reason, UnaryOperator<HttpRequest.Builder> credentials,
			String query) {
		String marker = UUID.randomUUID().toString();
		HttpRequest.Builder request = server.post(null, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}")
			.setHeader("MCP-Protocol-Version", marker)
			.uri(URI.create(server.url() + query));
		HttpResponse<String> response = server.send(credentials.apply(request));
		assertThat(response.statusCode()).isEqualTo(status);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow()).startsWith("Bearer ")
			.contains("resource_metadata=");
		assertThat(response.body() + response.headers().map()).doesNotContain(SECRET);
		await().atMost(Duration.ofSeconds(30)).until(() -> !events("protocolVersion", marker).isEmpty());
		assertThat(events("protocolVersion", marker)).singleElement().satisfies((event) -> {
			assertThat(event.type()).isEqualTo(McpAuditEvent.Type.MCP_AUTHENTICATION_FAILED);
			assertThat(event.data()).containsEntry("reason", reason).containsEntry("httpStatus", status);
			assertThat(event.toString()).doesNotContain(SECRET);
		});
	}

	private static List<McpAuditEvent> events(String fact, Object value) {
		return recorded.list().stream().filter((event) -> value.equals(event.data().get(fact))).toList();
	}

	private static String text(String tool) {
		return McpResponse.of(call(server, tool, (request) -> request.header("X-API-Key", KEY))).text();
	}

	private static HttpResponse<String> call(SecuredServer server, String tool,
			UnaryOperator<HttpRequest.Builder> credentials) {
		return call(server, tool, credentials, "{}");
	}

	private static HttpResponse<String> call(SecuredServer server, String tool,
			UnaryOperator<HttpRequest.Builder> credentials, String arguments) {
		return server.send(credentials.apply(server.post(null,
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\",\"arguments\":%s}}"
					.formatted(tool, arguments))));
	}

	private static String initialize(UnaryOperator<HttpRequest.Builder> credentials) {
		return sessions.send(credentials.apply(sessions.post(null, """
				{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
				"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""")))
			.headers()
			.firstValue("Mcp-Session-Id")
			.orElseThrow();
	}

	private static int inSession(String session, UnaryOperator<HttpRequest.Builder> credentials) {
		return sessions
			.send(credentials.apply(sessions.post(null, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}")
				.setHeader("Mcp-Session-Id", session)))
			.statusCode();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ RecordsApplication.Records.class, KeyTools.class })
	static class KeyApplication {

		@Bean
		RecordedEvents recordedEvents() {
			return recorded;
		}

	}

	static class KeyTools {

		private final RestClient.Builder clients;

		private final RestClient orders;

		KeyTools(RestClient.Builder clients, @Downstream("orders") RestClient orders) {
			this.clients = clients;
			this.orders = orders;
		}

		@McpTool(name = "authority", description = "Returns the authentication")
		String authority() {
			Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
			return authentication.getName() + " " + authentication.getAuthorities() + McpCaller.current().isPresent();
		}

		@McpTool(name = "sensitive", description = "Needs a strong authentication")
		@RequiresAuthentication(acr = "gold")
		String sensitive() {
			return "done";
		}

		@McpTool(name = "exchange", description = "Exchanges the caller's token")
		String exchange() {
			return failure(() -> this.orders.get().uri("/").retrieve().toBodilessEntity());
		}

		@McpTool(name = "leak", description = "Sends the key on")
		String leak() {
			return failure(() -> this.clients.build()
				.get()
				.uri("http://localhost:1/")
				.header("X-API-Key", KEY)
				.retrieve()
				.toBodilessEntity());
		}

		@McpTool(name = "leakOnAnotherThread", description = "Sends the key on, on another thread")
		String leakOnAnotherThread() {
			return CompletableFuture.supplyAsync(this::leak).join();
		}

		private static String failure(Runnable request) {
			try {
				request.run();
				return "sent";
			}
			catch (RuntimeException ex) {
				return String.valueOf(ex.getMessage());
			}
		}

	}

}
