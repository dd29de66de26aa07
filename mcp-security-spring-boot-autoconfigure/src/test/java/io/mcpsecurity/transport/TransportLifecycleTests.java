package io.mcpsecurity.transport;

import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RawConnection;
import io.mcpsecurity.test.RawConnection.Answer;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.transport.SlowBodiesTests.Container;
import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpStatelessServerFeatures;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.LoggingLevel;
import io.modelcontextprotocol.spec.McpSchema.LoggingMessageNotification;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How requests end when the application stops, and when their events must be written
 * first.
 */
class TransportLifecycleTests {

	private static final String PING = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}";

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
	}

	@AfterAll
	static void stop() {
		authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource
	void openStreamsDoNotDelayShutdown(Container container) {
		SecuredServer server = SecuredServer.start(LifecycleApplication.class, authorizationServer,
				"test.container=" + container.name().toLowerCase(Locale.ROOT), "server.shutdown=graceful",
				"spring.ai.mcp.server.type=SYNC", "mcp-security.sessions.max-per-caller=50");
		String token = server.token().sign();
		List<CompletableFuture<HttpResponse<String>>> streams = new ArrayList<>();
		HttpClient client = HttpClient.newHttpClient();
		for (int i = 0; i < 10; i++) {
			String session = server.initialize(token);
			HttpRequest.Builder get = server.post(token, "")
				.GET()
				.setHeader("Accept", "text/event-stream")
				.setHeader("Mcp-Session-Id", session);
			streams.add(client.sendAsync(get.build(), BodyHandlers.ofString()));
		}
		Awaitility.await().until(() -> server.context().getBean(Sessions.class).streams() == 10);
		long start = System.nanoTime();
		server.close();
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
		for (CompletableFuture<HttpResponse<String>> stream : streams) {
			assertThat(stream.orTimeout(10, TimeUnit.SECONDS).join().statusCode()).isEqualTo(200);
		}
	}

	@ParameterizedTest
	@EnumSource
	void duringShutdownRunningCallsCompleteAndNewOnesAreNotServed(Container container) {
		SecuredServer server = SecuredServer.start(LifecycleApplication.class, authorizationServer,
				"test.container=" + container.name().toLowerCase(Locale.ROOT), "server.shutdown=graceful",
				"spring.ai.mcp.server.type=SYNC");
		Gate gate = server.context().getBean(Gate.class);
		Sessions sessions = server.context().getBean(Sessions.class);
		String token = server.token().sign();
		String session = server.initialize(token);
		CompletableFuture<HttpResponse<String>> call = HttpClient.newHttpClient()
			.sendAsync(server.post(token, call("hold")).setHeader("Mcp-Session-Id", session).build(),
					BodyHandlers.ofString());
		Awaitility.await().until(() -> gate.waiting);
		try (RawConnection connection = RawConnection.to(server.url())) {
			String ping = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nMcp-Session-Id: "
					+ session + "\r\nAuthorization: Bearer " + token + "\r\nContent-Length: " + PING.length()
					+ "\r\n\r\n" + PING;
			assertThat(connection.send(ping).read().status()).isEqualTo(200);
			CompletableFuture<Void> closing = CompletableFuture.runAsync(server::close);
			Awaitility.await().until(sessions::isStopping);
			assertNotServed(connection, ping);
			assertThat(call).isNotDone();
			gate.opened.countDown();
			assertThat(SecuredServer.text(call.orTimeout(10, TimeUnit.SECONDS).join())).isEqualTo("held");
			closing.orTimeout(10, TimeUnit.SECONDS).join();
		}
	}

	/**
	 * Either this server refuses it, or the container closes the connection.
	 */
	private static void assertNotServed(RawConnection connection, String request) {
		try {
			Answer answer = connection.send(request).read();
			assertThat(answer.status()).isEqualTo(503);
		}
		catch (UncheckedIOException ex) {
			assertThat(connection.isClosed()).isTrue();
		}
	}

	@Test
	void whenDeleteIsDisallowedThenSessionIsKept() {
		try (SecuredServer server = SecuredServer.start(LifecycleApplication.class, authorizationServer,
				"spring.ai.mcp.server.type=SYNC", "spring.ai.mcp.server.streamable-http.disallow-delete=true")) {
			String token = server.token().sign();
			String session = server.initialize(token);
			HttpResponse<String> refused = server
				.send(server.post(token, "").DELETE().setHeader("Mcp-Session-Id", session));
			assertThat(refused.statusCode()).isEqualTo(405);
			assertThat(refused.headers().firstValue("Allow")).hasValue("GET, POST");
			assertThat(server.send(server.post(token, PING).setHeader("Mcp-Session-Id", session)).statusCode())
				.isEqualTo(200);
		}
	}

	static Stream<Arguments> audited() {
		return Stream.of(Protocol.values())
			.flatMap((protocol) -> Stream.of("SYNC", "ASYNC").map((type) -> Arguments.of(protocol, type)));
	}

	@ParameterizedTest
	@MethodSource("audited")
	void responseWaitsForAuditEventAndIsErrorWhenItCannotBeWritten(Protocol protocol, String type) {
		try (SecuredServer server = SecuredServer.start(LifecycleApplication.class, authorizationServer,
				"spring.ai.mcp.server.type=" + type, "spring.ai.mcp.server.protocol=" + protocol,
				"mcp-security.audit.on-failure=deny", "mcp-security.audit.events.enabled=false")) {
			SlowSink sink = server.context().getBean(SlowSink.class);
			String token = server.token().sign();
			String session = (protocol == Protocol.STREAMABLE) ? server.initialize(token) : null;
			for (String tool : List.of("quick", "later")) {
				sink.hold();
				CompletableFuture<HttpResponse<String>> held = HttpClient.newHttpClient()
					.sendAsync(request(server, token, session, tool).build(), BodyHandlers.ofString());
				Awaitility.await().until(() -> sink.holding);
				assertThat(held).as(tool).isNotDone();
				sink.release(false);
				assertThat(SecuredServer.text(held.orTimeout(20, TimeUnit.SECONDS).join())).isEqualTo(tool);
				sink.hold();
				held = HttpClient.newHttpClient()
					.sendAsync(request(server, token, session, tool).build(), BodyHandlers.ofString());
				Awaitility.await().until(() -> sink.holding);
				assertThat(held).as(tool).isNotDone();
				sink.release(true);
				HttpResponse<String> refused = held.orTimeout(20, TimeUnit.SECONDS).join();
				assertThat(refused.statusCode()).as(tool).isEqualTo(503);
				assertThat(SecuredServer.json(refused).path("id").asInt()).isEqualTo(7);
				assertThat(refused.body()).doesNotContain("\"result\"");
				sink.release(false);
				Awaitility.await()
					.atMost(Duration.ofSeconds(20))
					.until(() -> server.send(request(server, token, session, tool)).statusCode() == 200);
			}
			if (session != null) {
				sink.hold();
				CompletableFuture<HttpResponse<String>> stream = HttpClient.newHttpClient()
					.sendAsync(request(server, token, session, "logging").build(), BodyHandlers.ofString());
				Awaitility.await().until(() -> sink.holding);
				sink.release(true);
				String events = stream.orTimeout(20, TimeUnit.SECONDS).join().body();
				assertThat(events).contains("notifications/message").doesNotContain("\"result\"");
				JsonNode last = JsonMapper.shared().readTree(events.substring(events.lastIndexOf("data: ") + 6));
				assertThat(last.path("id").asInt()).isEqualTo(7);
				assertThat(last.has("error")).isTrue();
			}
			sink.release(false);
		}
	}

	private static HttpRequest.Builder request(SecuredServer server, String token, String session, String tool) {
		HttpRequest.Builder request = server.post(token, call(tool));
		return (session != null) ? request.setHeader("Mcp-Session-Id", session) : request;
	}

	private static String call(String tool) {
		return "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
				+ "\",\"arguments\":{}}}";
	}

	/**
	 * Lets a tool end.
	 */
	static final class Gate {

		private final CountDownLatch opened = new CountDownLatch(1);

		private volatile boolean waiting;

		private void await() {
			this.waiting = true;
			try {
				this.opened.await(30, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

	/**
	 * Writes when it is let, or fails.
	 */
	static final class SlowSink implements AuditSink {

		private volatile CountDownLatch released = new CountDownLatch(0);

		private volatile boolean failing;

		private volatile boolean holding;

		@Override
		public String name() {
			return "slow";
		}

		void hold() {
			this.failing = false;
			this.holding = false;
			this.released = new CountDownLatch(1);
		}

		void release(boolean failing) {
			this.failing = failing;
			this.released.countDown();
		}

		@Override
		public void write(List<McpAuditEvent> events) {
			this.holding = true;
			try {
				this.released.await(30, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			if (this.failing) {
				throw new IllegalStateException("The sink fails");
			}
		}

	}

	private static CallToolResult text(String text) {
		return CallToolResult.builder().addTextContent(text).build();
	}

	private static Tool tool(String name) {
		return Tool.builder(name, Map.of("type", "object")).build();
	}

	private static LoggingMessageNotification log() {
		return LoggingMessageNotification.builder(LoggingLevel.EMERGENCY, "message").logger("test").build();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class LifecycleApplication {

		@Bean
		Gate gate() {
			return new Gate();
		}

		@Bean
		SlowSink slowSink() {
			return new SlowSink();
		}

		@Configuration(proxyBeanMethods = false)
		@ConditionalOnProperty(name = "spring.ai.mcp.server.type", havingValue = "SYNC")
		static class Sync {

			@Bean
			List<McpServerFeatures.SyncToolSpecification> tools(Gate gate) {
				return List.of(
						new McpServerFeatures.SyncToolSpecification(tool("quick"),
								(exchange, request) -> text("quick")),
						new McpServerFeatures.SyncToolSpecification(tool("later"),
								(exchange, request) -> text("later")),
						new McpServerFeatures.SyncToolSpecification(tool("logging"), (exchange, request) -> {
							exchange.loggingNotification(log());
							return text("logged");
						}), new McpServerFeatures.SyncToolSpecification(tool("hold"), (exchange, request) -> {
							gate.await();
							return text("held");
						}));
			}

			@Bean
			List<McpStatelessServerFeatures.SyncToolSpecification> statelessTools() {
				return List.of(
						new McpStatelessServerFeatures.SyncToolSpecification(tool("quick"),
								(context, request) -> text("quick")),
						new McpStatelessServerFeatures.SyncToolSpecification(tool("later"),
								(context, request) -> text("later")));
			}

		}

		/**
		 * The tool {@code later} has its result on another thread.
		 */
		@Configuration(proxyBeanMethods = false)
		@ConditionalOnProperty(name = "spring.ai.mcp.server.type", havingValue = "ASYNC")
		static class Async {

			private static Mono<CallToolResult> later() {
				return Mono.delay(Duration.ofMillis(50), Schedulers.parallel()).thenReturn(text("later"));
			}

			@Bean
			List<McpServerFeatures.AsyncToolSpecification> tools() {
				return List.of(
						new McpServerFeatures.AsyncToolSpecification(tool("quick"),
								(exchange, request) -> Mono.just(text("quick"))),
						new McpServerFeatures.AsyncToolSpecification(tool("later"), (exchange, request) -> later()),
						new McpServerFeatures.AsyncToolSpecification(tool("logging"),
								(exchange, request) -> exchange.loggingNotification(log()).thenReturn(text("logged"))));
			}

			@Bean
			List<McpStatelessServerFeatures.AsyncToolSpecification> statelessTools() {
				return List.of(
						new McpStatelessServerFeatures.AsyncToolSpecification(tool("quick"),
								(context, request) -> Mono.just(text("quick"))),
						new McpStatelessServerFeatures.AsyncToolSpecification(tool("later"),
								(context, request) -> later()));
			}

		}

	}

}
