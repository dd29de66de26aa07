package io.mcpsecurity.token;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.test.RecordedEvents;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestIntrospectionEndpoint;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

/**
 * Opaque tokens, sent over HTTP to a server that asks an introspection endpoint over HTTP
 * about them.
 */
@ExtendWith(OutputCaptureExtension.class)
class OpaqueTokenTests {

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";

	private static final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private static final TestIntrospectionEndpoint endpoint = TestIntrospectionEndpoint.start();

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		String property = "mcp-security.authorization-servers[0].";
		server = SecuredServer.start(OpaqueApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", property + "issuer=" + authorizationServer.issuer(),
				property + "introspection.uri=" + endpoint.uri(), property + "introspection.client-id=the server",
				property + "introspection.client-secret=s3cr:t%",
				"logging.level.io.mcpsecurity.token.RefusedTokenLog=debug",
				"mcp-security.token.introspection.cache-ttl=1h", "mcp-security.token.introspection.read-timeout=15s",
				"mcp-security.token.introspection.connect-timeout=15s",
				"mcp-security.token.introspection.max-concurrent=4", property + "refused-claims=only_id_tokens");
	}

	@AfterAll
	static void stop() {
		server.close();
		endpoint.close();
		authorizationServer.close();
	}

	/**
	 * Ends the series of failures of other tests, after which the endpoint is not called.
	 */
	@BeforeEach
	void succeed() {
		assertThat(server.send(server.post(token(Map.of()), LIST)).statusCode()).isEqualTo(200);
	}

	@Test
	void callerIsReadFromIntrospectionResponse() {
		String token = token(Map.of("act", Map.of("sub", "agent", "client_id", "agent-client")));
		assertThat(SecuredServer.text(server.callTool(token, "who", "{}"))).isEqualTo("McpCaller[subject=alice, issuer="
				+ authorizationServer.issuer() + ", client=test-client, actors=[McpActor[subject=agent, issuer=null, "
				+ "client=agent-client]], actorsTruncated=false, scopes=[records:browse], tokenId=null, resource="
				+ server.url() + "]");
		assertThat(SecuredServer.text(server.callTool(token, "browse", "{}"))).startsWith("browsed");
		assertThat(server.callTool(token, "move", "{}").statusCode()).isEqualTo(403);
		assertThat(endpoint.asked(token)).isEqualTo(1);
	}

	@Test
	void introspectionRequestContainsClientCredentials() {
		String token = token(Map.of());
		server.send(server.post(token, LIST));
		TestIntrospectionEndpoint.Request request = endpoint.requests().get(endpoint.requests().size() - 1);
		assertThat(request.authorization())
			.isEqualTo("Basic " + Base64.getEncoder().encodeToString("the+server:s3cr%3At%25".getBytes()));
		assertThat(request.parameters()).containsOnly(Map.entry("token", token),
				Map.entry("token_type_hint", "access_token"));
	}

	/**
	 * RFC 7662 section 2.2: {@code token_type} is optional.
	 */
	@Test
	void responseWithoutTokenTypeIsAccepted() {
		Map<String, Object> without = new HashMap<>();
		without.put("token_type", null);
		assertThat(SecuredServer.text(server.callTool(token(without), "browse", "{}"))).startsWith("browsed");
	}

	@Test
	void reasonOfRefusalIsLoggedWithoutToken(CapturedOutput output) {
		String inactive = token(Map.of("active", false));
		String other = server.token("records:browse").claim("aud", List.of("https://other.example/a\nb")).sign();
		for (String token : List.of(inactive, other, other)) {
			assertThat(server.send(server.post(token, LIST)).statusCode()).isEqualTo(401);
		}
		assertThat(output.toString())
			.contains("A token for " + server.url()
					+ " was refused [inactive]: The token is not active (its introspection at "
					+ authorizationServer.issuer() + " says so)")
			.contains("was refused [audience]: The token was not issued for this server (aud) (aud: expected ["
					+ server.url() + "], found [https://other.example/a")
			.containsPattern("https://other.example/a[^\\p{Cntrl}]b\\]")
			.doesNotContain(inactive, other, other.substring(other.lastIndexOf('.') + 1));
	}

	@Test
	void jwtIsNotIntrospected() {
		String token = server.token("records:browse").sign();
		assertThat(SecuredServer.text(server.callTool(token, "browse", "{}"))).startsWith("browsed");
		assertThat(endpoint.asked(token)).isZero();
	}

	@Test
	void jwtOfOtherIssuerIsRefusedWithoutIntrospection() {
		String token = server.token("records:browse").claim("iss", "https://other.example").sign();
		assertRefused(token, "issuer");
		assertThat(endpoint.asked(token)).isZero();
	}

	static Stream<Arguments> invalidTokenIsRefusedAndCached() {
		return Stream.of(answer("not active", "inactive", "active", false),
				answer("active as a string", "inactive", "active", "true"),
				answer("active as a number", "inactive", "active", 1),
				answer("without active", "inactive", "active", null), answer("without aud", "audience", "aud", null),
				answer("for another audience", "audience", "aud", List.of("https://other.example")),
				answer("with an aud of another kind", "audience", "aud", 7),
				answer("of another issuer", "issuer", "iss", "https://other.example"),
				answer("of the issuer with a slash", "issuer", "iss", authorizationServer.issuer() + "/"),
				answer("without exp", "malformed", "exp", null),
				answer("with an exp in words", "malformed", "exp", "soon"),
				answer("that has expired", "expired", "exp", Instant.now().getEpochSecond() - 90),
				answer("that is not valid yet", "not_yet_valid", "nbf", Instant.now().getEpochSecond() + 90),
				answer("of a refresh token", "type", "token_type", "refresh_token"),
				answer("of an ID token", "type", "token_type", "id_token"),
				answer("that Ory Hydra marks as a refresh token", "type", "token_use", "refresh_token"),
				answer("of another type", "type", "token_type", "N_A"),
				answer("that Keycloak marks as Refresh", "type", "typ", "Refresh"),
				answer("with a claim of tokens of other kinds", "type", "only_id_tokens", "x"),
				answer("bound to a key", "bound", "cnf", Map.of("jkt", "thumbprint")),
				answer("without sub", "malformed", "sub", null),
				answer("with a scope of another kind", "malformed", "scope", 7));
	}

	@ParameterizedTest
	@MethodSource
	void invalidTokenIsRefusedAndCached(String reason, String member, Object value) {
		Map<String, Object> change = new HashMap<>();
		change.put(member, value);
		String token = token(change);
		assertRefused(token, reason);
		assertRefused(token, reason);
		assertThat(endpoint.asked(token)).isEqualTo(1);
	}

	static Stream<Arguments> unusableResponseMakesTokenUnavailableWithoutRetry() {
		return Stream.of(argumentSet("500", 500, "{\"active\":true}"), argumentSet("a redirect", 302, ""),
				argumentSet("401", 401, ""), argumentSet("400", 400, ""), argumentSet("no JSON", 200, "<html>"),
				argumentSet("an array", 200, "[{\"active\":true}]"), argumentSet("null", 200, "null"),
				argumentSet("nothing", 200, ""),
				argumentSet("an exp that is no time", 200, "{\"active\":true,\"exp\":9000000000000000000}"),
				argumentSet("too much", 200, "{\"active\":true,\"more\":\"" + "x".repeat(70_000) + "\"}"));
	}

	@ParameterizedTest
	@MethodSource
	void unusableResponseMakesTokenUnavailableWithoutRetry(int status, String body, CapturedOutput output) {
		String token = UUID.randomUUID().toString();
		endpoint.answer(token, status, body);
		assertUnavailable(token);
		assertThat(endpoint.asked(token)).as("nothing is tried twice").isEqualTo(1);
		assertThat(output).doesNotContain(token, "s3cr");
	}

	@Test
	void concurrentRequestsWithSameTokenCauseOneIntrospection() throws Exception {
		String token = token(Map.of());
		Runnable release = endpoint.hold();
		List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
		ExecutorService threads = Executors.newCachedThreadPool();
		try {
			for (int i = 0; i < 8; i++) {
				answers.add(CompletableFuture.supplyAsync(() -> server.send(server.post(token, LIST)), threads));
			}
			await().atMost(Duration.ofSeconds(30)).until(() -> endpoint.asked(token) == 1);
			release.run();
			for (CompletableFuture<HttpResponse<String>> answer : answers) {
				assertThat(answer.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
			}
		}
		finally {
			release.run();
			threads.shutdown();
		}
		assertThat(endpoint.asked(token)).isEqualTo(1);
	}

	@Test
	void randomTokensCauseLimitedConcurrentIntrospections() throws Exception {
		String good = token(Map.of());
		assertThat(server.send(server.post(good, LIST)).statusCode()).isEqualTo(200);
		ExecutorService threads = Executors.newFixedThreadPool(24);
		try {
			List<CompletableFuture<Integer>> answers = IntStream.range(0, 200)
				.mapToObj((i) -> CompletableFuture.supplyAsync(
						() -> server.send(server.post(UUID.randomUUID().toString(), LIST)).statusCode(), threads))
				.toList();
			for (CompletableFuture<Integer> answer : answers) {
				assertThat(answer.get(60, TimeUnit.SECONDS)).isIn(401, 503);
			}
		}
		finally {
			threads.shutdown();
		}
		assertThat(endpoint.mostUnderWay()).isLessThanOrEqualTo(4);
		assertThat(server.send(server.post(good, LIST)).statusCode()).isEqualTo(200);
		assertThat(endpoint.asked(good)).isEqualTo(1);
	}

	/**
	 * An answer with something changed.
	 */
	private static Arguments answer(String name, String reason, String member, Object value) {
		return argumentSet(name, reason, member, value);
	}

	private static String token(Map<String, ?> change) {
		Map<String, Object> members = new HashMap<>(
				Map.of("active", true, "sub", "alice", "aud", server.url(), "client_id", "test-client", "scope",
						"records:browse", "token_type", "Bearer", "exp", Instant.now().getEpochSecond() + 300));
		members.putAll(change);
		members.values().removeIf((value) -> value == null);
		String token = UUID.randomUUID().toString();
		endpoint.answer(token, members);
		return token;
	}

	private static void assertRefused(String token, String reason) {
		String session = UUID.randomUUID().toString();
		HttpResponse<String> response = server.send(server.post(token, LIST).setHeader("Mcp-Session-Id", session));
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow()).contains("error=\"invalid_token\"")
			.doesNotContain(token);
		assertOneEvent(session, reason);
	}

	private static void assertUnavailable(String token) {
		String session = UUID.randomUUID().toString();
		HttpResponse<String> response = server.send(server.post(token, LIST).setHeader("Mcp-Session-Id", session));
		assertThat(response.statusCode()).isEqualTo(503);
		assertThat(response.headers().firstValue("Retry-After")).isPresent();
		assertThat(response.body()).doesNotContain(token);
		assertOneEvent(session, "unavailable");
	}

	/**
	 * Events are written about in the order in which requests end: when that of a later
	 * one is there as well, no other of this one will come.
	 */
	private static void assertOneEvent(String session, String reason) {
		String later = UUID.randomUUID().toString();
		server.send(server.post(null, LIST).setHeader("Mcp-Session-Id", later));
		await().atMost(Duration.ofSeconds(30)).until(() -> !events(later).isEmpty() && !events(session).isEmpty());
		assertThat(events(session)).hasSize(1)
			.allSatisfy((event) -> assertThat(event.data()).containsEntry("reason", reason)
				.containsEntry("decision", "unauthenticated"));
	}

	private static List<McpAuditEvent> events(String session) {
		String hash = new McpExchange.Connection("", "", session, null, false).sessionIdHash();
		return recorded.list()
			.stream()
			.filter((event) -> String.valueOf(hash).equals(event.data().get("sessionIdHash")))
			.toList();
	}

	private static final RecordedEvents recorded = new RecordedEvents();

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(RecordsApplication.Records.class)
	static class OpaqueApplication {

		@Bean
		RecordedEvents recordedEvents() {
			return recorded;
		}

	}

}
