package io.mcpsecurity.transport;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.Flow.Subscriber;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.test.RawConnection;
import io.mcpsecurity.test.RawConnection.Answer;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.http.HttpServletRequest;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Bodies that arrive in pieces, late or never, on each container: none of them holds a
 * thread, whether the request is served or refused early.
 */
class SlowBodiesTests {

	/** How many threads of a container serve requests. */
	private static final int THREADS = 3;

	private static final int CLIENTS = 20;

	private static final Duration READ_TIMEOUT = Duration.ofSeconds(4);

	private static final String CALL = """
			{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"surroundings","arguments":{}}}""";

	private static final Map<Container, SecuredServer> servers = new EnumMap<>(Container.class);

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Container container : Container.values()) {
			servers.put(container,
					SecuredServer.start(SlowApplication.class, authorizationServer,
							"test.container=" + container.name().toLowerCase(Locale.ROOT),
							"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.http.max-body-size=10000B",
							"mcp-security.http.body-timeout=" + READ_TIMEOUT, "server.http2.enabled=true",
							"server.tomcat.threads.max=" + THREADS, "server.tomcat.threads.min-spare=1",
							"server.jetty.threads.acceptors=1", "server.jetty.threads.selectors=1",
							"server.jetty.threads.max=" + (THREADS + 3), "server.jetty.threads.min=" + (THREADS + 3)));
		}
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource
	void bodyInOneSegmentIsServedWithoutAsyncDispatch(Container container) {
		try (RawConnection connection = RawConnection.to(server(container).url())) {
			for (int i = 0; i < 3; i++) {
				assertServed(connection.send(good(container) + sized(CALL)).read(), "REQUEST");
			}
		}
	}

	/**
	 * The filters of Spring and Spring Security have done their part for the thread.
	 */
	@ParameterizedTest
	@EnumSource
	void bodyInSeveralSegmentsIsServedByAsyncDispatchAndObservedOnce(Container container) throws Exception {
		long before = observed(container);
		try (RawConnection connection = RawConnection.to(server(container).url())) {
			for (int i = 0; i < 2; i++) {
				connection
					.send(good(container) + "Content-Length: " + CALL.length() + "\r\n\r\n" + CALL.substring(0, 20));
				Thread.sleep(100);
				assertServed(connection.send(CALL.substring(20)).read(), "ASYNC");
			}
		}
		Awaitility.await().until(() -> observed(container) == before + 2);
	}

	@ParameterizedTest
	@EnumSource
	void bodyArrivingByteByByteIsServed(Container container) throws Exception {
		try (RawConnection connection = RawConnection.to(server(container).url())) {
			connection.send(good(container) + "Content-Length: " + CALL.length() + "\r\n\r\n");
			for (char c : CALL.toCharArray()) {
				Thread.sleep(2);
				connection.send(String.valueOf(c));
			}
			assertServed(connection.read(), "ASYNC");
			connection.send(good(container) + "Transfer-Encoding: chunked\r\n\r\n");
			for (char c : CALL.toCharArray()) {
				for (String part : List.of("1", "\r\n", String.valueOf(c), "\r", "\n")) {
					Thread.sleep(1);
					connection.send(part);
				}
			}
			assertServed(connection.send("0\r\n\r").send("\n").read(), "ASYNC");
			assertServed(connection.send(good(container) + chunked(CALL, 10)).read(), null);
		}
	}

	@ParameterizedTest
	@EnumSource
	void bodyAfterExpectContinueIsServed(Container container) throws Exception {
		try (RawConnection connection = RawConnection.to(server(container).url())) {
			connection.send(good(container) + "Expect: 100-continue\r\nContent-Length: " + CALL.length() + "\r\n\r\n");
			assertThat(connection.read().status()).isEqualTo(100);
			Thread.sleep(50);
			assertServed(connection.send(CALL).read(), "ASYNC");
		}
	}

	@ParameterizedTest
	@EnumSource
	void incompleteBodyGets408AfterTimeoutAndConnectionIsClosed(Container container) {
		Map<String, RawConnection> connections = new LinkedHashMap<>();
		long sent = System.nanoTime();
		for (String start : List.of("Content-Length: 100\r\n\r\n{\"json", "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"j",
				"Transfer-Encoding: chunked\r\n\r\n5\r\n{\"jso\r\n", "Content-Length: 100\r\n\r\n")) {
			for (String head : List.of(good(container), head(null))) {
				String request = head + start;
				connections.put(request, RawConnection.to(server(container).url()).send(request));
			}
		}
		connections.forEach((request, connection) -> {
			try (connection) {
				assertThat(connection.read().status()).as(request).isEqualTo(408);
				assertThat(connection.isClosed()).isTrue();
			}
			assertThat(Duration.ofNanos(System.nanoTime() - sent)).isBetween(READ_TIMEOUT.minusMillis(100),
					READ_TIMEOUT.plusSeconds(2));
		});
	}

	@ParameterizedTest
	@EnumSource
	void chunkedBodyThatExceedsMaxSizeGets413AndConnectionIsClosed(Container container) throws Exception {
		try (RawConnection connection = RawConnection.to(server(container).url())) {
			connection.send(good(container) + "Transfer-Encoding: chunked\r\n\r\n");
			for (int i = 0; i < 11; i++) {
				Thread.sleep(20);
				connection.send("400\r\n" + " ".repeat(1024) + "\r\n");
			}
			assertThat(connection.read().status()).isEqualTo(413);
			assertThat(connection.isClosed()).isTrue();
		}
	}

	/**
	 * More of a body is read than would be kept, so that the client sees the response.
	 */
	@ParameterizedTest
	@EnumSource
	void unneededBodyIsReadUpToLimit(Container container) throws Exception {
		String chunk = "40000\r\n" + " ".repeat(256 * 1024) + "\r\n";
		try (RawConnection connection = RawConnection.to(server(container).url())) {
			connection.send(head(null) + "Transfer-Encoding: chunked\r\n\r\n");
			connection.send(chunk).send(chunk);
			Thread.sleep(20);
			assertThat(connection.send("0\r\n\r\n").read().status()).isEqualTo(401);
		}
		try (RawConnection connection = RawConnection.to(server(container).url())) {
			connection.send(head(null) + "Transfer-Encoding: chunked\r\n\r\n");
			for (int i = 0; i < 8; i++) {
				connection.send(chunk);
			}
			Thread.sleep(20);
			assertThat(connection.send("1\r\n \r\n").read().status()).isEqualTo(413);
			assertThat(connection.isClosed()).isTrue();
		}
	}

	@ParameterizedTest
	@EnumSource
	void brokenBodyGets400AndConnectionIsClosed(Container container) throws Exception {
		for (String head : List.of(good(container), head(null))) {
			try (RawConnection connection = RawConnection.to(server(container).url())) {
				connection.send(head + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"jso\r\n");
				Thread.sleep(50);
				Answer answer = connection.send("nonsense\r\n").read();
				assertThat(answer.status()).isEqualTo(400);
				assertThat(answer.body()).startsWith("{\"jsonrpc\"");
				assertThat(connection.isClosed()).isTrue();
			}
			try (RawConnection connection = RawConnection.to(server(container).url())) {
				connection.send(head + "Content-Length: 100\r\n\r\n{");
				Thread.sleep(50);
				assertThat(connection.end().read().status()).isEqualTo(400);
				assertThat(connection.isClosed()).isTrue();
			}
		}
	}

	private static List<String> halves(Container container) {
		String good = good(container);
		List<String> halves = new ArrayList<>();
		for (String head : List.of(good, head(null), head("bad"), good + "Origin: https://evil.example\r\n",
				good.replace("POST", "PUT"), good.replace("application/json\r", "text/plain\r"),
				good.replace("POST", "GET"))) {
			halves.add(head + "Content-Length: 1000\r\n\r\n{\"half");
			halves.add(head + "Transfer-Encoding: chunked\r\n\r\n100\r\n{\"half");
		}
		halves.add(good + "Content-Length: 1000000\r\n\r\n{\"half");
		halves.add(head(null) + "Content-Length: 1000000\r\n\r\n{\"half");
		halves.add(head(null) + "Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n");
		return halves;
	}

	@ParameterizedTest
	@EnumSource
	void incompleteBodiesDoNotBlockThreads(Container container) throws Exception {
		List<RawConnection> connections = new ArrayList<>();
		try {
			for (String half : halves(container)) {
				for (int i = 0; i < CLIENTS; i++) {
					connections.add(RawConnection.to(server(container).url()).send(half));
				}
				assertServedAtOnce(container);
			}
			Thread.sleep(200);
			assertServedAtOnce(container);
			// And none of them does when their time is over.
			Thread.sleep(READ_TIMEOUT.toMillis());
			assertServedAtOnce(container);
		}
		finally {
			connections.forEach(RawConnection::close);
		}
	}

	/**
	 * Where threads are not scarce, everything else holds.
	 */
	@ParameterizedTest
	@EnumSource
	@EnabledForJreRange(min = JRE.JAVA_21)
	void bodyTimeoutAppliesOnVirtualThreads(Container container) throws Exception {
		try (SecuredServer server = SecuredServer.start(SlowApplication.class, authorizationServer,
				"test.container=" + container.name().toLowerCase(Locale.ROOT), "spring.threads.virtual.enabled=true",
				"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.http.body-timeout=1s")) {
			String head = head(server.token().sign());
			try (RawConnection connection = RawConnection.to(server.url())) {
				assertServed(connection.send(head + sized(CALL)).read(), "REQUEST");
				connection.send(head + "Content-Length: " + CALL.length() + "\r\n\r\n" + CALL.substring(0, 20));
				Thread.sleep(100);
				assertServed(connection.send(CALL.substring(20)).read(), "ASYNC");
				assertThat(connection.send(head + "Content-Length: 100\r\n\r\n{").read().status()).isEqualTo(408);
				assertThat(connection.isClosed()).isTrue();
			}
		}
	}

	private static void assertServedAtOnce(Container container) {
		long start = System.nanoTime();
		try (RawConnection connection = RawConnection.to(server(container).url())) {
			assertServed(connection.send(good(container) + sized(CALL)).read(), null);
		}
		try (RawConnection connection = RawConnection.to(server(container).url())) {
			assertThat(
					connection.send("GET /.well-known/oauth-protected-resource/mcp HTTP/1.1\r\nHost: localhost\r\n\r\n")
						.read()
						.status())
				.isEqualTo(200);
		}
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
	}

	@ParameterizedTest
	@EnumSource
	void responsesOverHttp2HaveNoConnectionHeaders(Container container) throws Exception {
		SecuredServer server = server(container);
		HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
		URI metadata = URI.create(server.url("/.well-known/oauth-protected-resource/mcp"));
		client.send(HttpRequest.newBuilder(metadata).build(), BodyHandlers.discarding());
		String token = server.token().sign();
		assertHttp2(client.send(server.post(token, CALL).build(), BodyHandlers.ofString()), 200);
		assertHttp2(client.send(server.post(null, CALL).build(), BodyHandlers.ofString()), 401);
		List<CompletableFuture<HttpResponse<String>>> late = new ArrayList<>();
		for (String bearer : new String[] { token, null }) {
			assertHttp2(client.send(server.post(bearer, " ".repeat(20_000)).build(), BodyHandlers.ofString()), 413);
			for (BodyPublisher half : List.of(BodyPublishers.fromPublisher(half(CALL.substring(0, 50)), 100),
					BodyPublishers.fromPublisher(half(CALL.substring(0, 50))))) {
				late.add(client.sendAsync(server.post(bearer, half).build(), BodyHandlers.ofString()));
			}
		}
		for (CompletableFuture<HttpResponse<String>> response : late) {
			assertHttp2(response.get(), 408);
		}
		assertHttp2(client.send(server.post(token, CALL).build(), BodyHandlers.ofString()), 200);
	}

	private static void assertHttp2(HttpResponse<String> response, int status) {
		assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
		assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
		assertThat(response.headers().map()).doesNotContainKeys("connection", "keep-alive", "transfer-encoding");
		assertThat(response.body()).startsWith("{\"jsonrpc\"");
	}

	/**
	 * A body whose second half comes when it is too late. (The client looks at the
	 * response only then.)
	 */
	private static Flow.Publisher<ByteBuffer> half(String text) {
		return (subscriber) -> subscriber.onSubscribe(new Half(subscriber, text));
	}

	private static SecuredServer server(Container container) {
		return servers.get(container);
	}

	private static long observed(Container container) {
		return server(container).context()
			.getBean(MeterRegistry.class)
			.get("http.server.requests")
			.tag("uri", "/mcp")
			.tag("status", "200")
			.timer()
			.count();
	}

	private static String good(Container container) {
		return head(server(container).token().sign());
	}

	private static String head(String token) {
		return "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
				+ "Accept: application/json, text/event-stream\r\n"
				+ ((token != null) ? "Authorization: Bearer " + token + "\r\n" : "");
	}

	private static String sized(String body) {
		return "Content-Length: " + body.length() + "\r\n\r\n" + body;
	}

	private static String chunked(String body, int size) {
		StringBuilder chunks = new StringBuilder("Transfer-Encoding: chunked\r\n\r\n");
		for (int start = 0; start < body.length(); start += size) {
			String chunk = body.substring(start, Math.min(body.length(), start + size));
			chunks.append(Integer.toHexString(chunk.length())).append("\r\n").append(chunk).append("\r\n");
		}
		return chunks.append("0\r\n\r\n").toString();
	}

	private static void assertServed(Answer answer, String dispatch) {
		assertThat(answer.status()).as(answer.body()).isEqualTo(200);
		if (dispatch != null) {
			assertThat(answer.body()).contains(dispatch + " alice alice");
		}
		assertThat(answer.body()).contains("\"result\"");
	}

	/**
	 * The containers of servlets.
	 */
	enum Container {

		TOMCAT, JETTY

	}

	private static final class Half implements Flow.Subscription {

		private final Subscriber<? super ByteBuffer> subscriber;

		private final AtomicReference<String> text;

		Half(Subscriber<? super ByteBuffer> subscriber, String text) {
			this.subscriber = subscriber;
			this.text = new AtomicReference<>(text);
		}

		@Override
		public void request(long n) {
			String once = this.text.getAndSet(null);
			if (once != null) {
				ByteBuffer half = ByteBuffer.wrap(once.getBytes(StandardCharsets.UTF_8));
				this.subscriber.onNext(half.duplicate());
				CompletableFuture.delayedExecutor(READ_TIMEOUT.toSeconds() + 3, TimeUnit.SECONDS).execute(() -> {
					this.subscriber.onNext(half);
					this.subscriber.onComplete();
				});
			}
		}

		@Override
		public void cancel() {
			// There is nothing to release.
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Tools.class)
	static class SlowApplication {

	}

	static class Tools {

		@McpTool(name = "surroundings", description = "Tells what a thread knows")
		String surroundings(McpCaller caller) throws IOException {
			HttpServletRequest request = ((ServletRequestAttributes) RequestContextHolder.currentRequestAttributes())
				.getRequest();
			return request.getDispatcherType() + " " + caller.subject() + " "
					+ SecurityContextHolder.getContext().getAuthentication().getName();
		}

	}

}
