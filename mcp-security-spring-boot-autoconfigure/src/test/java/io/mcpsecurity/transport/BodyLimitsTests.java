package io.mcpsecurity.transport;

import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.function.BooleanSupplier;

import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RawConnection;
import io.mcpsecurity.test.RawConnection.Answer;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.RejectedEvents;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.SecuredServers;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Bodies that are too long, endless, shorter than they say or no HTTP, to the byte: they
 * are answered, and the connection is usable afterwards or closed.
 */
class BodyLimitsTests {

	private static final int LIMIT = 10_000;

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final String PING = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}";

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer server;

	private static RejectedEvents events;

	private static String head;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		server = SecuredServer.start(BodiesApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=" + Protocol.STATELESS, "mcp-security.http.max-body-size=" + LIMIT + "B",
				"server.tomcat.connection-timeout=3s", "mcp-security.http.body-timeout=5s");
		events = server.context().getBean(RejectedEvents.class);
		head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
				+ "Accept: application/json, text/event-stream\r\nAuthorization: Bearer " + server.token().sign()
				+ "\r\n";
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@Test
	void bodyOfMaxSizeIsServedAndConnectionIsReused() {
		try (RawConnection connection = RawConnection.to(server.url())) {
			for (int i = 0; i < 2; i++) {
				assertServed(connection.send(head + sized(PING + " ".repeat(LIMIT - PING.length()))).read());
				assertServed(connection.send(head + chunked(PING + " ".repeat(LIMIT - PING.length()), 100)).read());
			}
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { LIMIT + 1, 2 * LIMIT, 1_000_000 })
	void bodyBeyondMaxSizeIsRefusedAndConnectionIsClosed(int size) {
		String body = PING + " ".repeat(size - PING.length());
		for (String request : new String[] { sized(body), chunked(body, 1000), chunked(body, 7) }) {
			try (RawConnection connection = RawConnection.to(server.url())) {
				assertRefused(connection.send(head + request).read(), 413, "null", -32600);
				assertThat(connection.isClosed()).isTrue();
			}
		}
	}

	/**
	 * What a client sends without arguments has no reason to be long, and some of it is
	 * kept.
	 */
	@Test
	void messagesWithoutArgumentsHaveLowerSizeLimit() {
		SecuredServer server = SecuredServers.of(Protocol.STATELESS);
		String token = server.token("records:browse").sign();
		String long100 = "x".repeat(100_000);
		for (String message : new String[] {
				"\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"experimental\":{\"x\":\""
						+ long100 + "\"}},\"clientInfo\":{\"name\":\"x\",\"version\":\"1\"}}",
				"\"method\":\"tools/list\",\"params\":{\"cursor\":\"" + long100 + "\"}",
				"\"method\":\"resources/read\",\"params\":{\"uri\":\"research://records/1\",\"x\":\"" + long100 + "\"}",
				"\"method\":\"completion/complete\",\"params\":{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"x\"},\"argument\":{\"name\":\"a\",\"value\":\""
						+ long100 + "\"}}" }) {
			HttpResponse<String> response = server
				.send(server.post(token, "{\"jsonrpc\":\"2.0\",\"id\":7," + message + "}"));
			assertThat(response.statusCode()).as(message.substring(0, 40)).isEqualTo(413);
			assertThat(response.body()).contains("\"id\":7", "-32600");
		}
		assertThat(server.send(server.post(token,
				"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"browse\",\"arguments\":{\"x\":\""
						+ long100 + "\"}}}"))
			.statusCode()).isEqualTo(200);
	}

	/**
	 * One body after another takes more than all may take at the same time.
	 */
	@Test
	void bodyMemoryIsReleasedWhenRequestEnds() {
		SecuredServer server = SecuredServers.of(Protocol.STATELESS);
		String token = server.token("records:browse").sign();
		int size = 3_500_000;
		for (String method : new String[] { "tools/call", "tools/list" }) {
			String body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method
					+ "\",\"params\":{\"name\":\"browse\",\"arguments\":{\"x\":\"" + "x".repeat(size) + "\"}}}";
			int expected = method.equals("tools/call") ? 200 : 413;
			for (long taken = 0; taken <= Runtime.getRuntime().maxMemory() / 32 + size; taken += size) {
				assertThat(server.send(server.post(token, body)).statusCode()).as(method).isEqualTo(expected);
			}
		}
	}

	@Test
	void endlessChunkedBodyIsRefusedWhenItExceedsMaxSize() {
		try (RawConnection connection = RawConnection.to(server.url())) {
			connection.send(head + "Transfer-Encoding: chunked\r\n\r\n");
			for (int i = 0; i < 20; i++) {
				connection.send(Integer.toHexString(1000) + "\r\n" + "x".repeat(1000) + "\r\n");
			}
			assertRefused(connection.read(), 413, "null", -32600);
		}
	}

	@Test
	void contentLengthBeyondMaxSizeIsRefusedWithoutReading() {
		for (String length : new String[] { "10001", "4294967297", "9223372036854775807" }) {
			try (RawConnection connection = RawConnection.to(server.url())) {
				assertRefused(connection.send(head + "Content-Length: " + length + "\r\n\r\n").read(), 413, "null",
						-32600);
			}
		}
	}

	/**
	 * The container says that it is willing before anybody else is asked; nobody has to
	 * send anything then.
	 */
	@Test
	void whenExpectContinueThenRefusalIsSentWithoutReadingBody() {
		try (RawConnection connection = RawConnection.to(server.url())) {
			connection.send(head + "Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");
			assertThat(connection.read().status()).isEqualTo(100);
			assertRefused(connection.read(), 413, "null", -32600);
			assertThat(connection.isClosed()).isTrue();
		}
		try (RawConnection connection = RawConnection.to(server.url())) {
			connection.send(head + "Expect: 100-continue\r\nContent-Length: " + PING.length() + "\r\n\r\n");
			assertThat(connection.read().status()).isEqualTo(100);
			assertServed(connection.send(PING).read());
			assertServed(connection.send(head + sized(PING)).read());
		}
		try (RawConnection connection = RawConnection.to(server.url())) {
			connection.send(head.replaceAll("Authorization: .*\r\n", "")
					+ "Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");
			assertThat(connection.read().status()).isEqualTo(100);
			assertThat(connection.read().status()).isEqualTo(401);
		}
	}

	@Test
	void bodyShorterThanAnnouncedIsRefused() {
		try (RawConnection connection = RawConnection.to(server.url())) {
			connection.send(head + "Content-Length: " + (PING.length() + 1) + "\r\n\r\n" + PING).end();
			assertBroken(connection.read(), 400);
			assertThat(connection.isClosed()).isTrue();
		}
		try (RawConnection connection = RawConnection.to(server.url())) {
			connection.send(head + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"jso\r\n").end();
			assertBroken(connection.read(), 400);
		}
	}

	@Test
	void stalledBodyGets408AndConnectionIsClosed() {
		try (RawConnection connection = RawConnection.to(server.url())) {
			connection.send(head + "Content-Length: 100\r\n\r\n{");
			assertBroken(connection.read(), 408);
			assertThat(connection.isClosed()).isTrue();
		}
	}

	/**
	 * Each byte comes before the container's timeout, which alone would wait for ever.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "Content-Length: 9000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n2000\r\n" })
	void bodyThatExceedsTimeoutGets408AndConnectionIsClosed(String length) {
		long before = events.count("too_slow");
		long end = System.nanoTime() + Duration.ofSeconds(4).toNanos();
		try (RawConnection connection = RawConnection.to(server.url())) {
			connection.send(head + length);
			trickle(connection, () -> System.nanoTime() > end);
			Answer answer = connection.read();
			assertRefused(answer, 408, "null", -32600);
			assertThat(answer.header("Connection")).isEqualTo("close");
			awaitEnd(connection);
		}
		Awaitility.await().atMost(TIMEOUT).until(() -> events.count("too_slow") == before + 1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "Content-Length: 9000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n2000\r\n" })
	void bodyThatExceedsTimeoutGets408BeforeOtherRefusals(String length) {
		String[] heads = { head.replaceAll("Authorization: .*\r\n", ""),
				head.replaceAll("Authorization: .*\r\n", "Authorization: Bearer bad\r\n"),
				head.replace("application/json\r", "text/plain\r") };
		for (String request : heads) {
			try (RawConnection connection = RawConnection.to(server.url())) {
				long end = System.nanoTime() + Duration.ofSeconds(4).toNanos();
				connection.send(request + length);
				trickle(connection, () -> System.nanoTime() > end);
				assertRefused(connection.read(), 408, "null", -32600);
				awaitEnd(connection);
			}
		}
	}

	@Test
	void connectionIsReusableAfterUnneededBodyWasReceived() {
		try (RawConnection connection = RawConnection.to(server.url())) {
			for (int i = 0; i < 2; i++) {
				connection.send(
						head.replaceAll("Authorization: .*\r\n", "") + "Content-Length: " + PING.length() + "\r\n\r\n");
				connection.send(PING.substring(0, 5)).send(PING.substring(5));
				assertThat(connection.read().status()).isEqualTo(401);
			}
			assertServed(connection.send(head + sized(PING)).read());
		}
	}

	@Test
	void bytesBeyondContentLengthAreNotPartOfMessage() {
		String smuggled = "{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"tools/call\",\"params\":{\"name\":\"time\"}}";
		try (RawConnection connection = RawConnection.to(server.url())) {
			connection.send(head + "Content-Length: " + PING.length() + "\r\n\r\n" + PING + smuggled + "\r\n\r\n");
			assertServed(connection.read());
			assertNoFurtherCall(connection);
		}
	}

	@Test
	void invalidChunksAreRefused() {
		for (String body : new String[] { "zz\r\n" + PING + "\r\n0\r\n\r\n", "-1\r\n\r\n0\r\n\r\n",
				"FFFFFFFFFFFFFFFFF\r\n" + PING, "2\r\n" + PING + "\r\n0\r\n\r\n" }) {
			try (RawConnection connection = RawConnection.to(server.url())) {
				Answer answer = connection.send(head + "Transfer-Encoding: chunked\r\n\r\n" + body).read();
				assertBroken(answer, 400);
				assertThat(connection.isClosed()).isTrue();
			}
		}
	}

	@Test
	void contradictingOrInvalidLengthsAreRefused() {
		for (String lengths : new String[] { "Content-Length: 45\r\nContent-Length: 46\r\n",
				"Content-Length: 45\r\nTransfer-Encoding: identity, chunked\r\n", "Transfer-Encoding: gzip\r\n",
				"Content-Length: 4x\r\n", "Content-Length: -1\r\n" }) {
			try (RawConnection connection = RawConnection.to(server.url())) {
				Answer answer = connection.send(head + lengths + "\r\n" + PING).read();
				assertThat(answer.status()).as(lengths).isGreaterThanOrEqualTo(400);
				assertThat(answer.body()).doesNotContain("xception", "apache", "\"result\"");
			}
		}
	}

	@Test
	void compressedBodyIsParseError() {
		try (RawConnection connection = RawConnection.to(server.url())) {
			connection.send(head + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n");
			assertRefused(connection.send(new byte[] { 0x1f, (byte) 0x8b, 8, 0 }).read(), 400, "null", -32700);
		}
	}

	@Test
	void missingOrDuplicateContentTypeIsRefused() {
		try (RawConnection connection = RawConnection.to(server.url())) {
			assertRefused(connection.send(head + "Content-Type: application/json\r\n" + sized(PING)).read(), 415,
					"null", -32600);
			assertServed(connection.send(head + sized(PING)).read());
			assertRefused(connection.send(head.replaceAll("Content-Type: .*\r\n", "") + sized(PING)).read(), 415,
					"null", -32600);
		}
	}

	/**
	 * The container closes a connection after a status of 400.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "", "\uFEFF" + PING, "[" + PING + "]", PING + PING, "nonsense", "{\"\\u0000\":" })
	void connectionIsClosedAfterInvalidMessage(String body) {
		for (String request : new String[] { sized(body), chunked(body, 3) }) {
			try (RawConnection connection = RawConnection.to(server.url())) {
				assertThat(connection.send(head + request).read().status()).isEqualTo(400);
				assertThat(connection.isClosed()).isTrue();
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "IBM037" })
	void otherCharsetIsParseError(String charset) throws Exception {
		byte[] body = PING.getBytes(charset);
		try (RawConnection connection = RawConnection.to(server.url())) {
			connection.send(head + "Content-Length: " + body.length + "\r\n\r\n").send(body);
			assertRefused(connection.read(), 400, "null", -32700);
		}
	}

	@Test
	void invalidUtf8IsParseError() {
		for (int[] bytes : new int[][] { { 0xff }, { 0xc0, 0xaf }, { 0xed, 0xa0, 0x80 }, { 0xf4, 0x90, 0x80, 0x80 },
				{ 0xe2, 0x82 } }) {
			byte[] body = ("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\",\"x\":\"" + "?".repeat(bytes.length)
					+ "\"}")
				.getBytes(StandardCharsets.US_ASCII);
			for (int i = 0; i < bytes.length; i++) {
				body[body.length - 2 - bytes.length + i] = (byte) bytes[i];
			}
			try (RawConnection connection = RawConnection.to(server.url())) {
				connection.send(head + "Content-Length: " + body.length + "\r\n\r\n").send(body);
				assertRefused(connection.read(), 400, "null", -32700);
			}
		}
	}

	/**
	 * Before anything of this application sees them, the container refuses headers of
	 * more than 8 KB, with a page that at least tells nothing.
	 */
	@Test
	void refusalsByContainerRevealNoImplementationDetails() {
		for (String header : new String[] { "Authorization: Bearer " + "a".repeat(16_384), "X: a\r\nB\u0000d: x",
				"Bad Header", "Host: other" }) {
			try (RawConnection connection = RawConnection.to(server.url())) {
				Answer answer = connection.send(head + header + "\r\n" + sized(PING)).read();
				assertThat(answer.status()).as(header).isBetween(400, 499);
				assertThat(answer.body()).doesNotContainIgnoringCase("exception")
					.doesNotContainIgnoringCase("tomcat")
					.doesNotContain("org.", "java.", "/opt", "at ");
			}
		}
	}

	private static void trickle(RawConnection connection, BooleanSupplier until) {
		Awaitility.await().atMost(TIMEOUT).pollInterval(Duration.ofMillis(200)).until(() -> {
			connection.send("x");
			return until.getAsBoolean();
		});
	}

	/**
	 * Send on until the connection is closed by the server.
	 */
	private static void awaitEnd(RawConnection connection) {
		assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> trickle(connection, () -> false));
	}

	private static void assertNoFurtherCall(RawConnection connection) {
		try {
			Answer answer = connection.end().read();
			assertThat(answer.status()).isEqualTo(400);
			assertThat(answer.body()).doesNotContain("\"result\"");
		}
		catch (UncheckedIOException ex) {
			// Closed: as good.
		}
	}

	private static String sized(String body) {
		return "Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body;
	}

	private static String chunked(String body, int size) {
		StringBuilder chunks = new StringBuilder("Transfer-Encoding: chunked\r\n\r\n");
		for (int start = 0; start < body.length(); start += size) {
			String chunk = body.substring(start, Math.min(body.length(), start + size));
			chunks.append(Integer.toHexString(chunk.getBytes(StandardCharsets.UTF_8).length))
				.append("\r\n")
				.append(chunk)
				.append("\r\n");
		}
		return chunks.append("0\r\n\r\n").toString();
	}

	private static void assertServed(Answer answer) {
		assertThat(answer.status()).as(answer.body()).isEqualTo(200);
		assertThat(answer.body()).contains("\"result\"");
	}

	/**
	 * What is no HTTP is answered by the container.
	 */
	private static void assertBroken(Answer answer, int status) {
		assertThat(answer.status()).as(answer.body()).isEqualTo(status);
		assertThat(answer.body()).doesNotContain("\"result\"", "xception", "io.mcpsecurity", "org.", "java.");
	}

	private static void assertRefused(Answer answer, int status, String id, int code) {
		assertThat(answer.status()).as(answer.body()).isEqualTo(status);
		Map<?, ?> body = JsonMapper.shared().readValue(answer.body(), Map.class);
		assertThat(String.valueOf(body.get("id"))).isEqualTo(id);
		assertThat(body.get("error")).asInstanceOf(InstanceOfAssertFactories.MAP).containsEntry("code", code);
		assertThat(answer.body()).doesNotContain("xception", "io.mcpsecurity", "org.");
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(RecordsApplication.Records.class)
	static class BodiesApplication {

		@Bean
		RejectedEvents rejectedEvents() {
			return new RejectedEvents();
		}

	}

}
