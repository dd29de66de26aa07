package io.mcpsecurity.transport;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RawConnection;
import io.mcpsecurity.test.RejectedEvents;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.SecuredServers;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestAuthorizationServer.Token;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whom sessions belong to and how long they and their streams last, over HTTP with signed
 * tokens of two issuers.
 */
class SessionHttpTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	private static final HttpClient http = HttpClient.newHttpClient();

	private static TestAuthorizationServer otherIssuer;

	private static SecuredServer server;

	private static SessionApplication.Tools tools;

	private static RejectedEvents events;

	@BeforeAll
	static void start() {
		TestAuthorizationServer issuer = TestAuthorizationServer.start();
		otherIssuer = TestAuthorizationServer.start();
		server = SecuredServer.start(SessionApplication.class, issuer,
				"mcp-security.authorization-servers[0]=" + issuer.issuer(),
				"mcp-security.authorization-servers[1]=" + otherIssuer.issuer(),
				"mcp-security.policy.anonymous-discovery=true", "mcp-security.token.clock-skew=0s",
				"mcp-security.sessions.check-interval=100ms", "mcp-security.sessions.max-per-caller=5",
				"spring.ai.mcp.server.request-timeout=5m");
		tools = server.context().getBean(SessionApplication.Tools.class);
		events = server.context().getBean(RejectedEvents.class);
	}

	@AfterAll
	static void stop() {
		tools.end();
		server.close();
		server.authorizationServer().close();
		otherIssuer.close();
	}

	static Stream<Arguments> strangers() {
		Map<String, UnaryOperator<Token>> strangers = Map.of("another subject", (token) -> token.claim("sub", "bob"),
				"another client", (token) -> token.claim("client_id", "other-client"), "no client",
				(token) -> token.claim("client_id", null), "an empty client", (token) -> token.claim("client_id", ""),
				"the same subject of another issuer", (token) -> otherIssuer.token(server.url()));
		return strangers.entrySet()
			.stream()
			.flatMap((stranger) -> Stream.of("POST", "GET", "DELETE")
				.map((method) -> Arguments.of(stranger.getKey(), method, stranger.getValue())));
	}

	@ParameterizedTest(name = "{0}: {1}")
	@MethodSource("strangers")
	void sessionOfOtherCallerIsNotFound(String who, String method, UnaryOperator<Token> change) {
		String owner = server.token().sign();
		String stranger = change.apply(server.token()).sign();
		String session = server.initialize(owner);
		HttpResponse<String> foreign = server.send(request(method, stranger, session));
		HttpResponse<String> unknown = server.send(request(method, stranger, UUID.randomUUID().toString()));
		assertThat(foreign.statusCode()).isEqualTo(404);
		assertThat(unknown.statusCode()).isEqualTo(404);
		assertThat(foreign.body()).isEqualTo(unknown.body()).doesNotContain(session);
		assertThat(SecuredServer.json(foreign).at("/error/code").asInt()).isEqualTo(-32001);
		assertThat(headers(foreign)).isEqualTo(headers(unknown));
		for (int i = 0; i < 2; i++) {
			assertThat(events.next()).containsEntry("reason", "session")
				.containsEntry("decision", "rejected")
				.containsEntry("httpStatus", 404)
				.containsKey("subject");
		}
		assertThat(SecuredServer.text(server.send(request("POST", owner, session)))).isEqualTo("noon");
		assertThat(events.size()).isZero();
	}

	@Test
	void responseForUnknownSessionContainsRequestIdOnly() {
		HttpResponse<String> response = server.send(request("POST", server.token().sign(), "unknown"));
		assertThat(response.body())
			.isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32001,\"message\":\"Session not found\"}}");
		assertThat(events.next()).containsEntry("method", "tools/call").containsEntry("targetName", "time");
		assertThat(server.send(request("DELETE", server.token().sign(), "unknown")).body()).isEqualTo(
				"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32001,\"message\":\"Session not found\"}}");
		events.next();
	}

	@ParameterizedTest
	@ValueSource(strings = { "POST", "GET", "DELETE" })
	void duplicateSessionHeaderIsRefused(String method) {
		String token = server.token().sign();
		String session = server.initialize(token);
		HttpResponse<String> response = server.send(request(method, token, session).header("Mcp-Session-Id", session));
		assertThat(response.statusCode()).isEqualTo(404);
		assertThat(events.next()).containsEntry("reason", "session");
		assertThat(server.send(request("POST", token, session)).statusCode()).isEqualTo(200);
	}

	@Test
	void requestsWithoutTokenGet401ForKnownAndUnknownSessions() {
		String session = server.initialize(server.token().sign());
		for (String id : List.of(session, "unknown")) {
			for (String method : List.of("POST", "GET", "DELETE")) {
				HttpResponse<String> response = server.send(request(method, null, id));
				assertThat(response.statusCode()).as(method).isEqualTo(401);
				assertThat(response.headers().firstValue("WWW-Authenticate")).isPresent();
			}
		}
		assertThat(events.size()).isZero();
	}

	@Test
	void sessionAcceptsOtherTokenOfOwnerWithItsScopes() {
		String session = server.initialize(server.token("records:browse").claim("jti", "first").sign());
		String fewer = server.token().claim("jti", "second").sign();
		String more = server.token("records:browse").claim("jti", "third").sign();
		assertThat(server.send(call("browse", fewer, session)).statusCode()).isEqualTo(403);
		assertThat(SecuredServer.text(server.send(call("browse", more, session)))).isEqualTo("browsed");
		assertThat(server.send(call("browse", fewer, session)).statusCode()).isEqualTo(403);
		assertThat(SecuredServer.text(server.send(call("time", fewer, session)))).isEqualTo("noon");
	}

	@Test
	void deletedSessionIsNotFoundAndItsStreamsEnd() {
		String token = server.token().claim("sub", "deleting").sign();
		String session = server.initialize(token);
		CompletableFuture<HttpResponse<String>> stream = open(request("GET", token, session));
		awaitStreams(1);
		assertThat(server.send(request("DELETE", token, session)).statusCode()).isEqualTo(200);
		assertThat(awaitEnd(stream).statusCode()).isEqualTo(200);
		awaitStreams(0);
		assertThat(server.send(request("POST", token, session)).statusCode()).isEqualTo(404);
		assertThat(events.next()).containsEntry("reason", "session");
	}

	@Test
	void streamEndsWhenItsTokenExpires() {
		String longToken = server.token().claim("sub", "listening").sign();
		String session = server.initialize(longToken);
		String otherSession = server.initialize(longToken);
		CompletableFuture<HttpResponse<String>> goesOn = open(request("GET", longToken, otherSession));
		awaitStreams(1);
		HttpResponse<String> ended = openWithShortToken("listening", (token) -> request("GET", token, session), () -> {
		});
		assertThat(ended.statusCode()).isEqualTo(200);
		assertThat(goesOn).isNotDone();
		assertThat(sessions().streams()).isEqualTo(1);
		// The session outlives the token that a stream was opened with.
		assertThat(server.send(request("POST", longToken, session)).statusCode()).isEqualTo(200);
		server.send(request("DELETE", longToken, otherSession));
		awaitEnd(goesOn);
	}

	@Test
	void resumedStreamEndsWhenItsTokenExpires() {
		String session = server.initialize(server.token().claim("sub", "continuing").sign());
		HttpResponse<String> ended = openWithShortToken("continuing",
				(token) -> request("GET", token, session).header("Last-Event-ID", "1"), () -> {
				});
		assertThat(ended.statusCode()).isEqualTo(200);
		awaitStreams(0);
	}

	/**
	 * Nothing is sent on it, so nothing but the probes of the stream can fail.
	 */
	@Test
	void streamEndsWhenClientDisconnects() {
		String token = server.token().claim("sub", "leaving").sign();
		String session = server.initialize(token);
		for (boolean reset : List.of(true, false)) {
			RawConnection client = RawConnection.to(server.url());
			client.send("GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nAuthorization: Bearer "
					+ token + "\r\nMcp-Session-Id: " + session + "\r\n\r\n");
			assertThat(client.read(true).status()).isEqualTo(200);
			awaitStreams(1);
			if (reset) {
				client.reset();
			}
			else {
				client.close();
			}
			awaitStreams(0);
		}
	}

	@Test
	void streamOfRunningToolEndsWithErrorWhenTokenExpires() {
		String tool = "ticking";
		tools.begin();
		String longToken = server.token().claim("sub", "calling").sign();
		String session = server.initialize(longToken);
		CompletableFuture<HttpResponse<String>> goesOn = open(call(tool, longToken, session));
		Awaitility.await().atMost(TIMEOUT).until(() -> tools.running() == 1);
		HttpResponse<String> ended = openWithShortToken("calling", (token) -> call(tool, token, session),
				() -> assertThat(tools.running()).isEqualTo(2));
		assertThat(ended.statusCode()).isEqualTo(200);
		assertThat(ended.body()).doesNotContain("ended by itself");
		assertThat(ended.body()).contains("tick").endsWith("\n\n");
		String last = ended.body().strip().lines().reduce((before, line) -> line).orElseThrow();
		assertThat(JsonMapper.shared().readTree(last.substring("data: ".length())).toString())
			.isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32010,"
					+ "\"message\":\"The access token has expired before the response, and the call may go on\"}}");
		assertThat(goesOn).isNotDone();
		tools.end();
		assertThat(awaitEnd(goesOn).body()).contains("ended by itself");
		Awaitility.await().atMost(TIMEOUT).until(() -> tools.running() == 0);
		awaitStreams(0);
		assertThat(SecuredServer.text(server.send(call("time", longToken, session)))).isEqualTo("noon");
	}

	/**
	 * Its request was accepted with the token; there is no stream that could tell it
	 * more.
	 */
	@Test
	void pendingResponseIsSentAfterTokenExpires() throws Exception {
		tools.begin();
		String session = server.initialize(server.token().claim("sub", "waiting").sign());
		String token = server.token()
			.claim("sub", "waiting")
			.claim("exp", Date.from(Instant.now().plusSeconds(5)))
			.sign();
		CompletableFuture<HttpResponse<String>> response = open(call("waiting", token, session));
		Awaitility.await().atMost(TIMEOUT).until(() -> tools.running() == 1);
		Awaitility.await()
			.atMost(TIMEOUT)
			.until(() -> server.send(request("POST", token, session)).statusCode() == 401);
		Thread.sleep(300);
		assertThat(response).isNotDone();
		tools.end();
		assertThat(SecuredServer.text(awaitEnd(response))).isEqualTo("ended by itself");
	}

	@Test
	void callOutlivesItsTokenWhenConfigured() throws Exception {
		try (SecuredServer patient = SecuredServer.start(SessionApplication.class, server.authorizationServer(),
				"mcp-security.token.clock-skew=0s", "mcp-security.sessions.check-interval=100ms",
				"mcp-security.sessions.calls-outlive-token=true")) {
			SessionApplication.Tools running = patient.context().getBean(SessionApplication.Tools.class);
			String session = patient.initialize(patient.token().sign());
			String token = patient.token().claim("exp", Date.from(Instant.now().plusSeconds(5))).sign();
			CompletableFuture<HttpResponse<String>> call = open(
					patient.post(token, call("ticking")).setHeader("Mcp-Session-Id", session));
			Awaitility.await().atMost(TIMEOUT).until(() -> running.running() == 1);
			Awaitility.await()
				.atMost(TIMEOUT)
				.until(() -> patient.send(patient.post(token, call("time")).setHeader("Mcp-Session-Id", session))
					.statusCode() == 401);
			Awaitility.await().during(Duration.ofMillis(500)).atMost(TIMEOUT).until(() -> !call.isDone());
			running.end();
			assertThat(awaitEnd(call).body()).contains("tick", "ended by itself");
		}
	}

	@Test
	void anonymousSessionIsAssignedToFirstCallerWithToken() {
		String session = server.send(server.post(null, initialize()))
			.headers()
			.firstValue("Mcp-Session-Id")
			.orElseThrow();
		HttpRequest.Builder anonymously = server.post(null, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}")
			.setHeader("Mcp-Session-Id", session);
		assertThat(server.send(anonymously).statusCode()).isEqualTo(200);
		String token = server.token().claim("sub", "late").sign();
		assertThat(SecuredServer.text(server.send(request("POST", token, session)))).isEqualTo("noon");
		assertThat(server.send(anonymously).statusCode()).isEqualTo(404);
		assertThat(events.next()).doesNotContainKey("subject");
		assertThat(server.send(request("POST", server.token().sign(), session)).statusCode()).isEqualTo(404);
		assertThat(events.next()).containsEntry("reason", "session");
		assertThat(server.send(request("POST", token, session)).statusCode()).isEqualTo(200);
	}

	@Test
	void initializeWithSessionIdOpensNewSession() {
		String owner = server.token().claim("sub", "somebody").sign();
		String foreign = server.initialize(owner);
		String own = server.initialize(server.token().sign());
		for (String session : List.of(foreign, own, UUID.randomUUID().toString())) {
			HttpResponse<String> response = server
				.send(server.post(server.token().sign(), initialize()).setHeader("Mcp-Session-Id", session));
			assertThat(response.statusCode()).isEqualTo(200);
			String opened = response.headers().firstValue("Mcp-Session-Id").orElseThrow();
			assertThat(opened).isNotEqualTo(session);
			assertThat(server.send(request("POST", server.token().sign(), opened)).statusCode()).isEqualTo(200);
			assertThat(server.send(request("POST", owner, opened)).statusCode()).isEqualTo(404);
			events.next();
		}
		assertThat(server.send(request("POST", owner, foreign)).statusCode()).isEqualTo(200);
	}

	@Test
	void sessionOfCallerIsNotFoundWithoutToken() {
		String session = server.initialize(server.token().claim("sub", "signed-in").sign());
		assertThat(server
			.send(server.post(null, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}")
				.setHeader("Mcp-Session-Id", session))
			.statusCode()).isEqualTo(404);
		assertThat(events.next()).containsEntry("reason", "session");
	}

	@Test
	void whenCallerExceedsMaxSessionsThenLeastRecentlyUsedIsClosed() {
		String other = server.token().claim("sub", "frugal").sign();
		String ofOther = server.initialize(other);
		String token = server.token().claim("sub", "greedy").sign();
		String first = server.initialize(token);
		for (int i = 0; i < 4; i++) {
			server.initialize(token);
		}
		assertThat(server.send(request("POST", token, first)).statusCode()).isEqualTo(200);
		long expired = sessions().expired();
		for (int i = 0; i < 20; i++) {
			server.initialize(token);
			assertThat(server.send(request("POST", token, first)).statusCode()).isEqualTo(200);
		}
		Awaitility.await().atMost(TIMEOUT).until(() -> sessions().expired() >= expired + 20);
		assertThat(server.send(request("POST", other, ofOther)).statusCode()).isEqualTo(200);
		assertThat(events.size()).isZero();
	}

	@Test
	void statelessServerIgnoresSessionId() {
		SecuredServer stateless = SecuredServers.of(Protocol.STATELESS);
		String token = stateless.token().sign();
		HttpResponse<String> response = stateless.send(stateless
			.post(token, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"time\"}}")
			.header("Mcp-Session-Id", "unknown"));
		assertThat(SecuredServer.text(response)).isEqualTo("noon");
		assertThat(stateless.context().getBean(Sessions.class).size()).isZero();
	}

	private static Sessions sessions() {
		return server.context().getBean(Sessions.class);
	}

	/**
	 * The answer to a request with a token that is good when the request arrives, and
	 * expires soon after. On a slow machine that takes more than one try.
	 */
	private static HttpResponse<String> openWithShortToken(String subject,
			Function<String, HttpRequest.Builder> request, Runnable atTheEnd) {
		HttpResponse<String> response = null;
		for (int seconds : List.of(2, 8, 20)) {
			String token = server.token()
				.claim("sub", subject)
				.claim("exp", Date.from(Instant.now().plusSeconds(seconds)))
				.sign();
			response = awaitEnd(open(request.apply(token)));
			if (response.statusCode() != 401) {
				break;
			}
		}
		atTheEnd.run();
		return response;
	}

	private static CompletableFuture<HttpResponse<String>> open(HttpRequest.Builder request) {
		return http.sendAsync(request.timeout(Duration.ofMinutes(5)).build(), BodyHandlers.ofString());
	}

	private static HttpResponse<String> awaitEnd(CompletableFuture<HttpResponse<String>> stream) {
		Awaitility.await().atMost(TIMEOUT.multipliedBy(2)).until(stream::isDone);
		return stream.join();
	}

	private static void awaitStreams(int number) {
		Awaitility.await().atMost(TIMEOUT).until(() -> sessions().streams() == number);
	}

	private static HttpRequest.Builder request(String method, @Nullable String token, String session) {
		HttpRequest.Builder request = call("time", token, session);
		return switch (method) {
			case "POST" -> request;
			case "DELETE" -> request.DELETE();
			default -> request.setHeader("Accept", "text/event-stream").GET();
		};
	}

	private static String call(String tool) {
		return "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
				+ "\",\"arguments\":{}}}";
	}

	private static HttpRequest.Builder call(String tool, @Nullable String token, String session) {
		return server.post(token, call(tool)).uri(URI.create(server.url())).setHeader("Mcp-Session-Id", session);
	}

	private static String initialize() {
		return """
				{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
				"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""";
	}

	private static Map<String, List<String>> headers(HttpResponse<String> response) {
		Map<String, List<String>> headers = new HashMap<>(response.headers().map());
		headers.remove("date");
		return headers;
	}

}
