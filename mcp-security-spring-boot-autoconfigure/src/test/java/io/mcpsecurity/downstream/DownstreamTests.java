package io.mcpsecurity.downstream;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.nimbusds.jwt.SignedJWT;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.audit.McpAuditEvent.Type;
import io.mcpsecurity.test.LookAlikes;
import io.mcpsecurity.test.RecordedEvents;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tools call a service behind the server: it sees the caller, and never the caller's
 * token.
 */
@ExtendWith(OutputCaptureExtension.class)
class DownstreamTests {

	private static TestAuthorizationServer authorizationServer;

	private static OrderService service;

	/** Where no request may arrive. */
	private static OrderService other;

	private static SecuredServer server;

	/** The tokens that the current test has created. */
	private static final Set<String> tokenIds = ConcurrentHashMap.newKeySet();

	@BeforeAll
	static void start(@TempDir Path directory) throws Exception {
		authorizationServer = TestAuthorizationServer.start();
		service = new OrderService(authorizationServer);
		other = new OrderService(authorizationServer);
		String issuer = "issuer=" + authorizationServer.issuer();
		Stream<String> orders = service("orders", "token-exchange", issuer, "step-up.[orders:refund]=refunds");
		Stream<String> acting = service("acting", "token-exchange", issuer, "actor=client-credentials");
		Stream<String> own = service("own", "client-credentials", issuer);
		String broken = service.url("/broken");
		Stream<String> undiscovered = service("undiscovered", "client-credentials", "issuer=" + broken);
		byte[] der = KeyPairGenerator.getInstance("RSA").generateKeyPair().getPrivate().getEncoded();
		Path pem = Files.writeString(directory.resolve("key.pem"), LookAlikes.beginOfKey("") + "\n"
				+ Base64.getMimeEncoder().encodeToString(der) + "\n" + LookAlikes.endOfKey("") + "\n");
		Stream<String> asserting = service("asserting", "client-credentials", "private-key=" + pem.toUri(),
				"token-uri=" + service.url("/token/denied"))
			.filter((property) -> !property.contains(".client-secret="));
		Stream<String> key = Stream.of("base-url=" + service.url("/api"), "grant=api-key", "api-key=the-key")
			.map((property) -> "mcp-security.downstream.keyed." + property);
		Stream<String> bad = Stream
			.of("html", "huge", "slow", "redirect", "down", "denied", "consent", "mac", "id-token", "malformed", "echo")
			.flatMap((name) -> service(name, "token-exchange", issuer, "token-uri=" + service.url("/token/" + name),
					"token-timeout=500ms", "step-up.[orders:read]=reading"));
		server = SecuredServer.start(OrderApplication.class, authorizationServer,
				Stream
					.of(orders, acting, own, undiscovered, asserting, key, bad,
							service("foreign", "jwt-bearer", "issuer=https://other.example"),
							Stream.of("spring.ai.mcp.server.protocol=STATELESS",
									"mcp-security.authorization-servers[0]=" + authorizationServer.issuer(),
									"mcp-security.authorization-servers[1].issuer=https://other.example",
									"mcp-security.authorization-servers[1].jwk-set-uri="
											+ authorizationServer.jwkSetUri()))
					.flatMap((properties) -> properties)
					.toArray(String[]::new));
	}

	private static Stream<String> service(String name, String grant, String... more) {
		return Stream
			.concat(Stream.of("base-url=" + service.url("/api"), "grant=" + grant, "audience=" + OrderService.NAME,
					"scopes=orders:read", "client-id=mcp-server", "client-secret=the-secret"), Stream.of(more))
			.map((property) -> "mcp-security.downstream." + name + "." + property);
	}

	@AfterAll
	static void stop() {
		server.close();
		service.close();
		other.close();
		authorizationServer.close();
	}

	@BeforeEach
	void reset() {
		service.requests().clear();
		other.requests().clear();
		authorizationServer.tokenRequests().clear();
		authorizationServer.issuing((token) -> {
		});
		events().clear();
		tokenIds.clear();
	}

	@Test
	void serviceSeesCallerAndActorChainAndNotTheCallersToken(CapturedOutput output) {
		tokenIds.add("token-1");
		String token = token("alice").claim("jti", "token-1").claim("act", Map.of("sub", "agent")).sign();
		JsonNode claims = read(call(token, "order", "orders", "/orders/7"));
		assertThat(claims.path("sub").asString()).isEqualTo("alice");
		assertThat(claims.path("client_id").asString()).isEqualTo("mcp-server");
		assertThat(claims.path("scope").asString()).isEqualTo("orders:read");
		assertThat(claims.at("/act/sub").asString()).isEqualTo("mcp-server");
		assertThat(claims.at("/act/act/sub").asString()).isEqualTo("agent");
		assertThat(service.requests()).hasSize(1).allSatisfy((request) -> {
			assertThat(request.uri()).isEqualTo("/api/orders/7");
			assertThat(request.toString()).doesNotContain(token);
		});
		assertThat(authorizationServer.tokenRequests()).hasSize(1)
			.first()
			.satisfies((request) -> assertThat(request).containsEntry("subject_token", token)
				.containsEntry("audience", OrderService.NAME)
				.containsEntry("scope", "orders:read")
				.containsEntry("client_id", "mcp-server")
				.doesNotContainKey("actor_token"));
		McpAuditEvent exchange = event(Type.MCP_DOWNSTREAM_TOKEN);
		assertThat(exchange.subject()).isEqualTo("alice");
		assertThat(exchange.data()).containsEntry("downstream", "orders")
			.containsEntry("tokenId", "token-1")
			.containsEntry("downstreamTokenId", claims.path("jti").asString())
			.containsEntry("requestedScopes", List.of("orders:read"))
			.containsEntry("downstreamScopes", List.of("orders:read"))
			.containsEntry("decision", "granted")
			.containsEntry("targetName", "order");
		assertThat(event(Type.MCP_CALL).data().get("downstreamCalls")).isEqualTo(
				List.of(Map.of("name", "orders", "outcome", "success", "tokenId", claims.path("jti").asString())));
		assertThat(events().toString()).doesNotContain(token).doesNotContain("the-secret");
		assertThat(output).doesNotContain(token).doesNotContain("the-secret");
	}

	@Test
	void tokenIsRequestedOnceForConcurrentCallsOfTheSameCaller() throws Exception {
		String alice = token("alice").sign();
		String bob = token("bob").sign();
		ExecutorService threads = Executors.newFixedThreadPool(8);
		try {
			List<Future<JsonNode>> results = threads.invokeAll(IntStream.range(0, 16)
				.<Callable<JsonNode>>mapToObj(
						(i) -> () -> read(call((i % 2 == 0) ? alice : bob, "order", "orders", "/orders/7")))
				.toList());
			for (int i = 0; i < results.size(); i++) {
				assertThat(results.get(i).get().path("sub").asString()).isEqualTo((i % 2 == 0) ? "alice" : "bob");
			}
		}
		finally {
			threads.shutdown();
		}
		assertThat(authorizationServer.tokenRequests()).hasSize(2);
	}

	@Test
	void otherTokenOfTheSameCallerIsExchangedAgain() {
		read(call(token("alice").sign(), "order", "orders", "/orders/7"));
		read(call(token("alice").sign(), "order", "orders", "/orders/7"));
		assertThat(authorizationServer.tokenRequests()).hasSize(2);
	}

	@Test
	void tokenIsRequestedAgainWhenItExpiresOrWasRejected() {
		authorizationServer.issuing((token) -> token.expiresIn(Duration.ofSeconds(2)));
		String token = token("alice").sign();
		read(call(token, "order", "orders", "/orders/7"));
		await().atMost(10, TimeUnit.SECONDS).pollInterval(Duration.ofMillis(300)).untilAsserted(() -> {
			read(call(token, "order", "orders", "/orders/7"));
			assertThat(authorizationServer.tokenRequests()).hasSizeGreaterThan(1);
		});
		authorizationServer.issuing((issued) -> {
		});
		String another = token("alice").sign();
		assertThat(failure(call(another, "order", "orders", "/unauthorized")))
			.isEqualTo("The service 'orders' did not accept the credentials of this server (401)");
		int before = authorizationServer.tokenRequests().size();
		read(call(another, "order", "orders", "/orders/7"));
		assertThat(authorizationServer.tokenRequests()).hasSize(before + 1);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void tokenIsReplacedAheadOfItsEndAndStillUsedIfThatFails(boolean failing) {
		authorizationServer.issuing((token) -> token.expiresIn(Duration.ofSeconds(8)));
		String token = token("alice").sign();
		JsonNode first = read(call(token, "order", "orders", "/orders/7"));
		authorizationServer.issuing((issued) -> {
			if (failing) {
				throw new IllegalStateException("The token endpoint fails");
			}
		});
		await().atMost(15, TimeUnit.SECONDS).pollInterval(Duration.ofMillis(200)).until(() -> {
			JsonNode next = read(call(token, "order", "orders", "/orders/7"));
			assertThat(next.path("jti").equals(first.path("jti")))
				.isEqualTo(failing || authorizationServer.tokenRequests().size() == 1);
			assertThat(next.path("iat").asLong()).isLessThan(first.path("exp").asLong());
			return authorizationServer.tokenRequests().size() == 2;
		});
	}

	@Test
	void tokenThatEndsWithThatOfTheCallerIsNotReplacedAhead() {
		String token = token("alice").expiresIn(Duration.ofSeconds(6)).sign();
		Instant end = Instant.now().plusMillis(4300);
		await().atMost(10, TimeUnit.SECONDS).pollInterval(Duration.ofMillis(300)).until(() -> {
			read(call(token, "order", "orders", "/orders/7"));
			return Instant.now().isAfter(end);
		});
		assertThat(authorizationServer.tokenRequests()).hasSize(1);
	}

	@Test
	void rejectionDoesNotRemoveTheTokenThatReplacedTheRejectedOne() {
		String token = token("alice").sign();
		CompletableFuture<HttpResponse<String>> slow = CompletableFuture
			.supplyAsync(() -> call(token, "order", "orders", "/slow-unauthorized"));
		await().atMost(10, TimeUnit.SECONDS).until(() -> !service.requests().isEmpty());
		failure(call(token, "order", "orders", "/unauthorized"));
		read(call(token, "order", "orders", "/orders/7"));
		assertThat(slow).as("the token is replaced before").isNotDone();
		assertThat(failure(slow.join())).contains("(401)");
		read(call(token, "order", "orders", "/orders/7"));
		assertThat(authorizationServer.tokenRequests()).hasSize(2);
	}

	@Test
	void rejectionAfterTheEndOfTheCallersTokenIsARejection() {
		String token = token("alice").expiresIn(Duration.ofSeconds(2)).sign();
		assertThat(failure(call(token, "order", "orders", "/slow-unauthorized")))
			.isEqualTo("The service 'orders' did not accept the credentials of this server (401)");
		assertThat(event(Type.MCP_CALL).data().get("downstreamCalls")).asString().contains("outcome=unauthorized");
	}

	@Test
	void cachedTokenIsNotUsedAfterThatOfTheCaller() {
		String token = token("alice").expiresIn(Duration.ofSeconds(5)).sign();
		Instant expired = Instant.now().plusSeconds(6);
		read(call(token, "order", "orders", "/orders/7"));
		await().atMost(10, TimeUnit.SECONDS).until(() -> Instant.now().isAfter(expired));
		// The server still accepts it, for the difference of clocks.
		assertThat(failure(call(token, "order", "orders", "/orders/7")))
			.isEqualTo("No access token for 'orders': the caller's token has expired");
		assertThat(authorizationServer.tokenRequests()).hasSize(1);
		assertThat(service.requests()).hasSize(1);
	}

	@Test
	void interfaceAndReactiveClientSendTheSame() {
		String token = token("alice").sign();
		assertThat(read(server.callTool(token, "declared", "{}")).path("sub").asString()).isEqualTo("alice");
		assertThat(read(reactive(token, "/orders/7", "", "")).path("sub").asString()).isEqualTo("alice");
		assertThat(authorizationServer.tokenRequests()).hasSize(1);
	}

	@Test
	void actorTokenIdentifiesThisServer() {
		JsonNode claims = read(call(token("alice").sign(), "order", "acting", "/orders/7"));
		assertThat(claims.at("/act/sub").asString()).isEqualTo("mcp-server");
		assertThat(authorizationServer.tokenRequests()).extracting((request) -> request.get("grant_type"))
			.containsExactly("client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange");
	}

	@Test
	void clientCredentialsAndApiKeyIdentifyThisServerOnly() {
		String token = token("alice").sign();
		assertThat(read(call(token, "order", "own", "/orders/7")).path("sub").asString()).isEqualTo("mcp-server");
		assertThat(SecuredServer.text(call(token, "order", "keyed", "/key"))).contains("the-key");
		assertThat(service.requests().toString()).doesNotContain(token);
	}

	@Test
	void threadWithoutCallerSendsNothingUnlessTheCallerIsGiven() {
		String token = token("alice").sign();
		assertThat(SecuredServer.text(server.callTool(token, "thread", "{\"named\":false}")))
			.contains("No access token for 'orders': there is no caller");
		assertThat(service.requests()).isEmpty();
		assertThat(authorizationServer.tokenRequests()).isEmpty();
		assertThat(read(server.callTool(token, "thread", "{\"named\":true}")).path("sub").asString())
			.isEqualTo("alice");
	}

	@Test
	void handlerThatOutlastsItsRequestStillActsForTheCaller() throws Exception {
		server.callTool(token("alice").sign(), "later", "{}");
		String result = server.context().getBean(OrderApplication.Orders.class).later.poll(20, TimeUnit.SECONDS);
		assertThat(JsonMapper.shared().readTree(result).path("sub").asString()).isEqualTo("alice");
	}

	@ParameterizedTest
	@ValueSource(strings = { "raw:{other}/api/orders/7", "{other}/api/orders/7", "raw:http://user@{host}/api/orders/7",
			"raw:https://{host}/api/orders/7", "raw:http://{host}/admin", "raw:http://{host}/apiary",
			"raw:http://{host}/api/../admin", "raw:http://{host}/api/%2e%2e/admin", "raw:http://{host}/api/..%2Fadmin",
			"raw:http://{host}/api/..%252Fadmin", "raw:http://{host}/api/..;x/admin",
			"raw:http://{host}/api/%252e%252e/admin%25", "raw:http://{host}/api/%252e%252e%2Fadmin%3B%25",
			"raw:http://{host}/api/%5c..%5cadmin", "raw:http://{host}.attacker.example/api/orders/7",
			"raw:http://127.0.0.1:9/api" })
	void requestToAnotherDestinationIsRefused(String uri) {
		String host = service.url("").replace("http://", "");
		String token = token("alice").sign();
		String failure = failure(
				call(token, "order", "orders", uri.replace("{other}", other.url("")).replace("{host}", host)));
		assertThat(failure)
			.isEqualTo("A request to 'orders' was not sent: its URI is not below the base-url of the service");
		assertRefused("destination");
	}

	@ParameterizedTest
	@CsvSource({ "Authorization, Bearer {token}, header", "Authorization, Basic abc, header",
			"Cookie, session=1, header", "DPoP, proof, header", "Host, other.example, header",
			"X-Forwarded-Access-Token, {token}, inbound_token", "X-Context, '{\"t\":\"{token}\"}', inbound_token" })
	void requestWithCredentialsOfTheApplicationIsRefused(String header, String value, String reason) {
		String token = token("alice").sign();
		String quoted = JsonMapper.shared().writeValueAsString(value);
		String failure = failure(
				server.callTool(token, "copying", "{\"header\":\"" + header + "\",\"value\":" + quoted + "}"));
		assertThat(failure).startsWith("A request to 'orders' was not sent: ").doesNotContain(token);
		assertRefused(reason);
		if (!header.equals("Host")) {
			assertThat(failure(reactive(token, "/orders/7", header, value)))
				.startsWith("A request to 'orders' was not sent: ");
			assertRefused(reason);
		}
	}

	@Test
	void requestWithTheTokenInItsQueryOrByAnInterceptorIsRefused() {
		String token = token("alice").sign();
		assertThat(failure(server.callTool(token, "query", "{}"))).startsWith("A request to 'orders' was not sent: ");
		assertRefused("inbound_token");
		assertThat(failure(server.callTool(token, "intercepting", "{}")))
			.startsWith("A request to 'orders' was not sent: ");
		assertRefused("header");
		assertThat(failure(reactive(token, other.url("/api/orders/7"), "", "")))
			.startsWith("A request to 'orders' was not sent: ");
		assertRefused("destination");
	}

	@Test
	void redirectIsNotFollowed() {
		String token = token("alice").sign();
		assertThat(failure(call(token, "order", "orders", "/redirect")))
			.isEqualTo("The service 'orders' responded with a redirect (307), which is not followed");
		assertThat(failure(reactive(token, "/redirect", "", "")))
			.isEqualTo("The service 'orders' responded with a redirect (307), which is not followed");
		assertThat(service.requests()).extracting(OrderService.Request::uri)
			.containsExactly("/api/redirect", "/api/redirect");
	}

	@ParameterizedTest
	@CsvSource({ "html, unavailable, the token endpoint's response is not a JSON object",
			"huge, unavailable, the token endpoint's response is longer than 65536 bytes",
			"slow, unavailable, the token endpoint does not respond",
			"redirect, unavailable, 'the token endpoint responded with 307, and redirects are not followed'",
			"down, unavailable, the token endpoint responded with 503",
			"denied, refused, the token endpoint responded with 400 (invalid_grant)",
			"mac, token_type, its issued_token_type is not that of an access token",
			"id-token, token_type, its issued_token_type is not that of an access token",
			"malformed, token_malformed, it is missing or malformed",
			"echo, token_subject, it is the caller's own token" })
	void tokenEndpointThatMisbehavesIsNotTrusted(String name, String reason, String message, CapturedOutput output) {
		String token = token("alice").sign();
		assertThat(failure(call(token, "order", name, "/orders/7")))
			.isEqualTo("No access token for '" + name + "': " + message);
		assertThat(failure(call(token, "order", name, "/orders/7"))).contains(message);
		assertThat(service.requests()).extracting(OrderService.Request::uri)
			.as("one request, and no other while the failure is cached")
			.containsExactly("/token/" + name);
		assertThat(event(Type.MCP_DOWNSTREAM_TOKEN).data()).containsEntry("reason", reason)
			.containsEntry("decision", "rejected")
			.containsEntry("downstream", name);
		assertThat(events().toString()).doesNotContain(token).doesNotContain("secret\"");
		assertThat(output).doesNotContain(token);
	}

	@Test
	void malformedTokenEndpointInMetadataIsUnavailable() {
		assertThat(failure(call(token("alice").sign(), "order", "undiscovered", "/orders/7")))
			.isEqualTo("No access token for 'undiscovered': the token endpoint does not respond");
		assertThat(event(Type.MCP_DOWNSTREAM_TOKEN).data()).containsEntry("reason", "unavailable");
	}

	@Test
	void assertionWithoutAnIssuerIsForTheTokenEndpoint() throws ParseException {
		assertThat(failure(call(token("alice").sign(), "order", "asserting", "/orders/7"))).contains("invalid_grant");
		String form = service.requests().get(0).body();
		String assertion = form.replaceAll(".*client_assertion=([^&]*).*", "$1");
		assertThat(SignedJWT.parse(assertion).getJWTClaimsSet().getAudience())
			.containsExactly(service.url("/token/denied"));
	}

	@ParameterizedTest
	@CsvSource({ "scope, token_scope, it has scopes that were not requested",
			"audience, token_audience, it is for another audience",
			"own, token_audience, 'it is for this server as well, where the service could use it'",
			"lifetime, token_lifetime, 'it is valid for longer than 3600 seconds, its max-lifetime'",
			"expired, token_lifetime, it has expired" })
	void tokenThatGrantsMoreThanRequestedIsRefused(String change, String reason, String message) {
		authorizationServer.issuing((token) -> {
			switch (change) {
				case "scope" -> token.scope("orders:read", "orders:write");
				case "audience" -> token.audience("other-service");
				case "own" -> token.claim("aud", List.of(OrderService.NAME, server.url()));
				case "lifetime" -> token.expiresIn(Duration.ofHours(2));
				default -> token.expiresIn(Duration.ofSeconds(-1));
			}
		});
		assertThat(failure(call(token("alice").sign(), "order", "orders", "/orders/7")))
			.isEqualTo("No access token for 'orders': " + message);
		assertThat(service.requests()).isEmpty();
		assertThat(event(Type.MCP_DOWNSTREAM_TOKEN).data()).containsEntry("reason", reason);
	}

	@Test
	void tokenIsNotSentToAnAuthorizationServerOfOthers() {
		assertThat(failure(call(token("alice").sign(), "order", "foreign", "/orders/7")))
			.isEqualTo("No access token for 'foreign': the caller's token is from another issuer");
		assertThat(authorizationServer.tokenRequests()).isEmpty();
		assertThat(service.requests()).isEmpty();
	}

	@Test
	void missingScopeOfTheServiceIsAChallengeIfTheClientCanObtainIt() {
		HttpResponse<String> response = call(token("alice").sign(), "order", "orders", "/more-scopes");
		assertThat(response.statusCode()).isEqualTo(403);
		assertThat(response.headers().firstValue("WWW-Authenticate")).get()
			.asString()
			.contains("insufficient_scope", "refunds");
		assertThat(response.body()).doesNotContain("secret");
		String message = "The service 'orders' requires more scopes than its access token has (403)";
		assertThat(failure(call(token("alice").scope("refunds").sign(), "order", "orders", "/more-scopes")))
			.isEqualTo(message);
		assertThat(failure(call(token("alice").sign(), "order", "orders", "/other-scopes"))).isEqualTo(message);
	}

	@Test
	void missingConsentIsAChallengeIfTheClientCanObtainIt() {
		HttpResponse<String> response = call(token("alice").sign(), "order", "consent", "/orders/7");
		assertThat(response.statusCode()).isEqualTo(403);
		assertThat(response.headers().firstValue("WWW-Authenticate")).get().asString().contains("reading");
	}

	@ParameterizedTest
	@CsvSource({ "rest, Authorization, Bearer {token}", "rest, X-Token, {token}",
			"template, Authorization, Bearer {token}", "web, Authorization, Bearer {token}",
			"thread, Authorization, Bearer {token}", "thread, X-Token, token={token}", "thread, X-Token, [{token}]",
			"thread, X-Token, {{token}}", "thread, X-Token, <{token}>/a", "thread, X-Token, a/{token}|b" })
	void clientsOfSpringBootRefuseToSendTheTokenOfACaller(String client, String header, String value) {
		String token = token("alice").sign();
		assertThat(failure(own(token, client, other.url("/x"), header, value)))
			.endsWith("A request to another service was not sent: "
					+ "it contains the access token of an MCP client, which is for this server only");
		assertRefused("inbound_token");
		for (String uri : List.of("/x?t={token}", "/validate/{token}", "/{token}/x")) {
			assertThat(failure(own(token, client, other.url(uri), "X-Other", "1")))
				.contains("A request to another service was not sent: ");
			assertRefused("inbound_token");
		}
		assertThat(failure(own(token, client, other.url("/x"), "Authorization", "Bearer of-the-application")))
			.contains("401");
	}

	private static String failure(HttpResponse<String> response) {
		JsonNode result = SecuredServer.json(response).path("result");
		assertThat(result.path("isError").asBoolean()).as(response.body()).isTrue();
		// Spring AI repeats the message as that of the cause.
		return SecuredServer.text(response).lines().findFirst().orElseThrow();
	}

	private static JsonNode read(HttpResponse<String> response) {
		String text = SecuredServer.text(response);
		JsonNode node = JsonMapper.shared().readTree(text);
		return node.isString() ? JsonMapper.shared().readTree(node.asString()) : node;
	}

	/** Nothing was sent, and one event says so. */
	private static void assertRefused(String reason) {
		assertThat(service.requests()).isEmpty();
		assertThat(other.requests()).isEmpty();
		assertThat(event(Type.MCP_DOWNSTREAM_REFUSED).data()).containsEntry("reason", reason)
			.containsEntry("decision", "rejected");
		events().clear();
	}

	private static McpAuditEvent event(Type type) {
		await().atMost(10, TimeUnit.SECONDS)
			.untilAsserted(() -> assertThat(events()).filteredOn(DownstreamTests::isOfThisTest)
				.anyMatch((event) -> event.type() == type)
				.anyMatch((event) -> event.type() == Type.MCP_CALL));
		return assertThat(events()).filteredOn((event) -> event.type() == type && isOfThisTest(event))
			.singleElement()
			.actual();
	}

	/** Events of the test before can arrive after the list was cleared. */
	private static boolean isOfThisTest(McpAuditEvent event) {
		Object tokenId = event.data().get("tokenId");
		return tokenId == null || tokenIds.contains(tokenId);
	}

	private static List<McpAuditEvent> events() {
		return server.context().getBean(RecordedEvents.class).list();
	}

	private static TestAuthorizationServer.Token token(String subject) {
		String tokenId = UUID.randomUUID().toString();
		tokenIds.add(tokenId);
		return server.token().subject(subject).claim("jti", tokenId);
	}

	private static HttpResponse<String> call(String token, String tool, String service, String path) {
		return server.callTool(token, tool,
				JsonMapper.shared().writeValueAsString(Map.of("service", service, "path", path)));
	}

	private static HttpResponse<String> reactive(String token, String path, String header, String value) {
		return server.callTool(token, "reactive",
				JsonMapper.shared().writeValueAsString(Map.of("path", path, "header", header, "value", value)));
	}

	private static HttpResponse<String> own(String token, String client, String url, String header, String value) {
		return server.callTool(token, "own", JsonMapper.shared()
			.writeValueAsString(Map.of("client", client, "url", url, "header", header, "value", value)));
	}

}
