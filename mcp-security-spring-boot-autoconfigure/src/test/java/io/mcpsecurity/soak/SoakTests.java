package io.mcpsecurity.soak;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;

import io.mcpsecurity.soak.Crowd.Attack;
import io.mcpsecurity.soak.SoakServer.State;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Attacks that last, on a server with a small heap. Meanwhile somebody with a good token
 * comes again and again, on a new connection each time. Only by command:
 * {@code -Dsoak.scale=1}, which is the part of 10,000 connections and 1,000 sessions.
 */
@EnabledIfSystemProperty(named = "soak.scale", matches = ".+")
class SoakTests {

	private static final double SCALE = Double.parseDouble(System.getProperty("soak.scale", "1"));

	private static final Duration DURATION = Duration.ofSeconds(Integer.getInteger("soak.seconds", 25));

	private static final String ONLY = System.getProperty("soak.only", ".*");

	private static final int HEAP = Integer.getInteger("soak.heap", 1024);

	private static final int PATIENCE = 20_000;

	private static final HttpClient http = HttpClient.newHttpClient();

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private SoakServer server;

	private String token;

	private String session;

	@AfterEach
	void stop() {
		this.server.close();
		this.authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource
	void clientWithValidTokenIsServedDuringAttacks(Settings settings) throws Exception {
		this.server = new SoakServer(this.authorizationServer, HEAP, settings.properties);
		this.token = token("latecomer");
		this.session = initialize(this.token);
		for (int i = 0; i < 20; i++) {
			call();
		}
		List<String> broken = new ArrayList<>();
		String attacker = token("attacker");
		String anybody = head(null, null);
		String somebody = head(attacker, initialize(attacker));
		attack(settings, broken, "half heads", part(10_000),
				(i) -> Attack.trickle("POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-", "a", 3000));
		attack(settings, broken, "half bodies, token", part(10_000),
				(i) -> Attack.once(somebody + "Content-Length: 1000\r\n\r\n{"));
		attack(settings, broken, "half bodies, no token", part(10_000),
				(i) -> Attack.once(anybody + "Content-Length: 1000\r\n\r\n{"));
		attack(settings, broken, "trickling bodies, token", part(400),
				(i) -> Attack.trickle(somebody + "Content-Length: 100000\r\n\r\n{", " ", 1000));
		attack(settings, broken, "trickling bodies, no token", part(400),
				(i) -> Attack.trickle(anybody + "Content-Length: 100000\r\n\r\n{", " ", 1000));
		attack(settings, broken, "endless bodies, token", part(50), (i) -> Attack
			.trickle(somebody + "Transfer-Encoding: chunked\r\n\r\n", "10000\r\n" + " ".repeat(65536) + "\r\n", 0));
		String start = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"time\",\"arguments\":{\"x\":\"";
		String big = somebody + "Content-Length: " + settings.maxSize + "\r\n\r\n" + start
				+ "x".repeat(settings.maxSize - start.length() - 4) + "\"}}}";
		byte[] bytes = big.getBytes(StandardCharsets.UTF_8);
		attack(settings, broken, "12 bodies of max-size, token", 12, (i) -> new Attack(bytes, new byte[0], 0, true));
		List<String> streams = new ArrayList<>();
		if ("sessions with streams".matches(ONLY)) {
			for (int i = 0; i < part(1000); i++) {
				String owner = token("owner-" + i / 100);
				streams.add(head(owner, initialize(owner)).replace("POST", "GET") + "\r\n");
			}
		}
		attack(settings, broken, "sessions with streams", streams.size(), (i) -> Attack.once(streams.get(i)));
		String ping = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
		attack(settings, broken, "flood without good tokens", part(100), (i) -> Attack
			.again(head((i % 2 == 0) ? null : bad(i), null) + "Content-Length: " + ping.length() + "\r\n\r\n" + ping));
		assertThat(broken).isEmpty();
	}

	private void attack(Settings settings, List<String> broken, String name, int size, IntFunction<Attack> attack)
			throws Exception {
		if (!name.matches(ONLY)) {
			return;
		}
		State before = this.server.state();
		List<Long> served = new ArrayList<>();
		int unserved = 0;
		List<State> states = new ArrayList<>();
		String answers;
		long end = System.nanoTime() + DURATION.toNanos();
		try (Crowd crowd = new Crowd(this.server.port(), size, attack)) {
			CompletableFuture<Void> watched = CompletableFuture.runAsync(() -> {
				while (System.nanoTime() < end) {
					states.add(this.server.state());
					pause(2000);
				}
			});
			while (System.nanoTime() < end) {
				long start = System.nanoTime();
				if (call()) {
					served.add((System.nanoTime() - start) / 1_000_000);
				}
				else {
					unserved++;
				}
				pause(500);
			}
			watched.join();
			answers = crowd.answers().toString();
		}
		long over = System.nanoTime();
		Awaitility.await()
			.atMost(Duration.ofMinutes(5))
			.ignoreExceptions()
			.until(() -> call() && this.server.state().busy() <= 1);
		double recovered = (System.nanoTime() - over) / 1e9;
		State after = this.server.state();
		served.sort(null);
		String latency = served.isEmpty() ? "-"
				: served.get(served.size() / 2) + " / " + served.get(served.size() - 1) + " ms";
		long heap = states.stream().mapToLong(State::heap).max().orElse(0);
		System.out.printf(Locale.ROOT,
				"SOAK | %s | %s | %d | %d -> %d -> %d MB | %d -> %d -> %d | %d | %d | %d, %d not | %s | %.1f s | %s%n",
				settings.name().toLowerCase(Locale.ROOT), name, size, before.heap(), heap, after.heap(),
				before.threads(), states.stream().mapToInt(State::threads).max().orElse(0), after.threads(),
				states.stream().mapToInt(State::busy).max().orElse(0),
				states.stream().mapToLong(State::connections).max().orElse(0), served.size(), unserved, latency,
				recovered, answers);
		if (settings == Settings.ADVISED && (unserved > 0 || heap > HEAP * 0.9)) {
			broken.add(name);
		}
	}

	private static void pause(long millis) {
		try {
			Thread.sleep(millis);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Call a tool on a new connection.
	 */
	private boolean call() {
		try {
			HttpURLConnection connection = (HttpURLConnection) URI.create(this.server.url()).toURL().openConnection();
			connection.setConnectTimeout(PATIENCE);
			connection.setReadTimeout(PATIENCE);
			connection.setDoOutput(true);
			connection.setRequestProperty("Connection", "close");
			connection.setRequestProperty("Content-Type", "application/json");
			connection.setRequestProperty("Accept", "application/json, text/event-stream");
			connection.setRequestProperty("Authorization", "Bearer " + this.token);
			connection.setRequestProperty("Mcp-Session-Id", this.session);
			connection.getOutputStream()
				.write("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"time\",\"arguments\":{}}}"
					.getBytes(StandardCharsets.UTF_8));
			return new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8).contains("noon");
		}
		catch (IOException ex) {
			return false;
		}
	}

	private String initialize(String token) throws Exception {
		HttpResponse<String> response = http.send(HttpRequest.newBuilder(URI.create(this.server.url()))
			.timeout(Duration.ofSeconds(60))
			.header("Content-Type", "application/json")
			.header("Accept", "application/json, text/event-stream")
			.header("Authorization", "Bearer " + token)
			.POST(BodyPublishers.ofString("""
					{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
					"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"""))
			.build(), BodyHandlers.ofString());
		return response.headers().firstValue("Mcp-Session-Id").orElseThrow();
	}

	private static String head(String token, String session) {
		return "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
				+ "Accept: application/json, text/event-stream\r\n"
				+ ((token != null) ? "Authorization: Bearer " + token + "\r\n" : "")
				+ ((session != null) ? "Mcp-Session-Id: " + session + "\r\n" : "");
	}

	private String token(String subject) {
		return this.authorizationServer.token(this.server.url())
			.claim("sub", subject)
			.claim("exp", Date.from(Instant.now().plus(Duration.ofHours(2))))
			.sign();
	}

	/**
	 * A token whose signature is another's.
	 */
	private String bad(int i) {
		String other = token("other");
		String token = token("flood-" + i);
		return token.substring(0, token.lastIndexOf('.')) + other.substring(other.lastIndexOf('.'));
	}

	private static int part(int size) {
		return (int) Math.ceil(size * SCALE);
	}

	/**
	 * How the server is set up.
	 */
	enum Settings {

		/** As it is by default. */
		DEFAULTS(4 << 20, List.of()),

		/** As docs/reliability.md advises. */
		ADVISED(1 << 20,
				List.of("mcp-security.http.max-body-size=1MB", "server.tomcat.max-connections=12000",
						"server.tomcat.connection-timeout=5s", "mcp-security.http.body-timeout=10s",
						"mcp-security.rate-limit.max-concurrent-calls=10"));

		private final int maxSize;

		private final List<String> properties;

		Settings(int maxSize, List<String> properties) {
			this.maxSize = maxSize;
			this.properties = properties;
		}

	}

}
