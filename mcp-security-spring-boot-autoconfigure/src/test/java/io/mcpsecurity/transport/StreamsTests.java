package io.mcpsecurity.transport;

import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.client.ClientDenials;
import io.mcpsecurity.ratelimit.RequestLimits;
import io.mcpsecurity.test.RawConnection;
import io.mcpsecurity.test.RecordedEvents;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.transport.SlowBodiesTests.Container;
import io.modelcontextprotocol.server.McpAsyncServer;
import io.modelcontextprotocol.server.McpServerFeatures.AsyncToolSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.CreateMessageRequest;
import io.modelcontextprotocol.spec.McpSchema.CreateMessageResult;
import io.modelcontextprotocol.spec.McpSchema.ElicitFormRequest;
import io.modelcontextprotocol.spec.McpSchema.ElicitRequest;
import io.modelcontextprotocol.spec.McpSchema.ElicitResult;
import io.modelcontextprotocol.spec.McpSchema.ListRootsResult;
import io.modelcontextprotocol.spec.McpSchema.LoggingLevel;
import io.modelcontextprotocol.spec.McpSchema.LoggingMessageNotification;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import io.modelcontextprotocol.spec.McpSchema.Role;
import io.modelcontextprotocol.spec.McpSchema.SamplingMessage;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;
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
 * What reaches clients besides responses, and what they respond to, over real HTTP: each
 * container, and servers with synchronous and with asynchronous handlers.
 */
@Timeout(120)
class StreamsTests {

	private static final Duration SOON = Duration.ofSeconds(20);

	/** How long a handler waits for its client. */
	private static final Duration REQUEST_TIMEOUT = Duration.ofMinutes(1);

	/** More than the buffers of a connection. */
	private static final String BIG = "x".repeat(16 * 1024 * 1024);

	private static final List<Kind> kinds = new ArrayList<>();

	private static final ListAppender<ILoggingEvent> logged = new ListAppender<>();

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Container container : Container.values()) {
			for (String type : List.of("SYNC", "ASYNC")) {
				kinds.add(Kind.start(container, type));
			}
		}
		logged.start();
		((Logger) LoggerFactory.getLogger("root")).addAppender(logged);
	}

	@AfterAll
	static void stop() {
		((Logger) LoggerFactory.getLogger("root")).detachAppender(logged);
		kinds.forEach((kind) -> kind.server.close());
		authorizationServer.close();
	}

	static Stream<Kind> kinds() {
		return kinds.stream();
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void notificationsAreSentToListeningClients(Kind kind) {
		Session first = kind.open();
		Session second = kind.open();
		Session deaf = kind.open();
		Events ofFirst = first.listen();
		Events ofSecond = second.listen("Last-Event-ID", "5");
		kind.transport().notifyClients("notifications/all", Map.of("x", 1)).block();
		kind.transport().notifyClient(second.id, "notifications/second", Map.of()).block();
		assertThat(ofFirst.next().path("method").asString()).isEqualTo("notifications/all");
		JsonNode all = ofSecond.next();
		assertThat(all.path("method").asString()).isEqualTo("notifications/all");
		assertThat(all.at("/params/x").asInt()).isEqualTo(1);
		assertThat(ofSecond.next().path("method").asString()).isEqualTo("notifications/second");
		kind.addTool("later");
		assertThat(ofFirst.next().path("method").asString()).isEqualTo("notifications/tools/list_changed");
		assertThat(ofSecond.next().path("method").asString()).isEqualTo("notifications/tools/list_changed");
		for (Session session : List.of(first, second, deaf)) {
			session.delete();
		}
		assertThat(ofFirst.ended()).isTrue();
		assertThat(ofSecond.ended()).isTrue();
		kind.assertIdle();
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void whenOneStreamClosesThenMessagesAreSentOnAnother(Kind kind) {
		Session session = kind.open();
		Events first = session.listen();
		RawConnection second = session.rawListen();
		await(() -> kind.sessions().streams() == 2);
		kind.transport().notifyClient(session.id, "notifications/one", Map.of()).block();
		second.close();
		await(() -> {
			kind.transport().notifyClient(session.id, "notifications/two", Map.of()).block();
			return kind.sessions().streams() == 1;
		});
		kind.transport().notifyClient(session.id, "notifications/three", Map.of()).block();
		JsonNode next = first.next();
		while (next.path("method").asString().equals("notifications/two")) {
			next = first.next();
		}
		assertThat(next.path("method").asString()).isEqualTo("notifications/three");
		session.delete();
		kind.assertIdle();
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void progressAndLogNotificationsPrecedeResponse(Kind kind) {
		Session session = kind.open();
		Events events = session.stream(session.call("report"));
		assertThat(events.response().headers().firstValue("Content-Type").orElseThrow())
			.startsWith("text/event-stream");
		JsonNode progress = events.next();
		assertThat(progress.path("method").asString()).isEqualTo("notifications/progress");
		assertThat(progress.at("/params/progressToken").asString()).isEqualTo("token");
		assertThat(events.next().path("method").asString()).isEqualTo("notifications/message");
		JsonNode response = events.next();
		assertThat(response.path("id").asInt()).isEqualTo(7);
		assertThat(response.at("/result/content/0/text").asString()).isEqualTo("reported");
		assertThat(events.ended()).isTrue();
		HttpResponse<String> json = kind.server.send(session.call("report").setHeader("Accept", "application/json"));
		assertThat(json.headers().firstValue("Content-Type")).hasValue("application/json");
		assertThat(SecuredServer.text(json)).isEqualTo("reported");
		kind.assertIdle();
	}

	/**
	 * Calls of a caller are limited to one at a time. Responses, notifications, pings and
	 * the end of a session do not count.
	 */
	@ParameterizedTest
	@MethodSource("kinds")
	void clientRespondsToRequestsOfRunningTool(Kind kind) {
		Session other = kind.open();
		Session session = kind.open();
		Events events = session.stream(session.call("ask"));
		JsonNode elicitation = events.next();
		assertThat(elicitation.path("method").asString()).isEqualTo("elicitation/create");
		assertThat(session.respond(elicitation, "{\"action\":\"accept\",\"content\":{\"a\":\"1\"}}").statusCode())
			.isEqualTo(202);
		JsonNode sampling = events.next();
		assertThat(sampling.path("method").asString()).isEqualTo("sampling/createMessage");
		assertThat(kind.server.send(session.call("report")).statusCode()).isEqualTo(429);
		assertThat(session.send("{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"ping\"}").statusCode()).isEqualTo(200);
		assertThat(session
			.send("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":9}}")
			.statusCode()).isEqualTo(202);
		assertThat(kind.server.send(other.post("").DELETE()).statusCode()).isEqualTo(200);
		assertThat(session
			.respond(sampling,
					"{\"role\":\"assistant\",\"content\":{\"type\":\"text\",\"text\":\"two\"},\"model\":\"m\"}")
			.statusCode()).isEqualTo(202);
		JsonNode roots = events.next();
		assertThat(roots.path("method").asString()).isEqualTo("roots/list");
		assertThat(session.respond(roots, "{\"roots\":[{\"uri\":\"file:///three\"}]}").statusCode()).isEqualTo(202);
		assertThat(events.next().at("/result/content/0/text").asString()).isEqualTo("accept two file:///three");
		assertThat(events.ended()).isTrue();
		kind.assertIdle();
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void errorOfClientIsPassedToTool(Kind kind) {
		Session session = kind.open();
		Events events = session.stream(session.call("ask"));
		String id = events.next().path("id").toString();
		assertThat(session
			.send("{\"jsonrpc\":\"2.0\",\"id\":" + id
					+ ",\"error\":{\"code\":-1,\"message\":\"not now\",\"data\":[1]}}")
			.statusCode()).isEqualTo(202);
		JsonNode response = events.next();
		assertThat(response.has("error") || response.at("/result/isError").asBoolean()).isTrue();
		kind.assertIdle();
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void responseOfClientIsAcceptedWithoutWaitingForHandler(Kind kind) throws Exception {
		Session session = kind.open();
		Events events = session.stream(session.call("askAndBlock"));
		JsonNode first = events.next();
		// On one connection, as a client has it that uses the same one again.
		HttpClient client = HttpClient.newHttpClient();
		assertThat(client.send(session.response(first, "{\"action\":\"decline\"}").build(), BodyHandlers.ofString())
			.statusCode()).isEqualTo(202);
		assertThat(client
			.send(session.post("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}").build(),
					BodyHandlers.ofString())
			.statusCode()).isEqualTo(202);
		kind.release();
		assertThat(events.next().at("/result/content/0/text").asString()).isEqualTo("blocked");
		kind.assertIdle();
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void unexpectedResponseIsRefused(Kind kind) {
		Session session = kind.open();
		Session other = kind.open();
		Events events = session.stream(session.call("ask"));
		JsonNode question = events.next();
		String id = question.path("id").toString();
		String accept = "{\"action\":\"accept\",\"content\":{}}";
		for (String body : List.of("{\"jsonrpc\":\"2.0\",\"id\":\"unknown\",\"result\":" + accept + "}",
				"{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":" + accept + "}",
				"{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{},\"error\":{\"code\":1,\"message\":\"m\"}}",
				"{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"error\":{\"code\":\"1\"}}",
				"{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"error\":5}", "{\"jsonrpc\":\"2.0\",\"id\":" + id + "}",
				"{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{}}")) {
			HttpResponse<String> response = session.send(body);
			assertThat(response.statusCode()).as(body).isEqualTo(400);
			assertThat(SecuredServer.json(response).at("/error/code").asInt()).isEqualTo(-32600);
		}
		assertThat(kind.server.send(other.response(question, accept)).statusCode()).isEqualTo(400);
		HttpRequest.Builder stranger = session.response(question, accept)
			.setHeader("Authorization", "Bearer " + kind.server.token().claim("sub", "bob").sign());
		assertThat(kind.server.send(stranger).statusCode()).isEqualTo(404);
		assertThat(session.respond(question, accept).statusCode()).isEqualTo(202);
		assertThat(session.respond(question, accept).statusCode()).isEqualTo(400);
		JsonNode next = events.next();
		assertThat(next.path("method").asString()).isEqualTo("sampling/createMessage");
		long deleted = System.nanoTime();
		session.delete();
		assertThat(events.ended()).isTrue();
		await(() -> kind.limits().calls().callers() == 0);
		assertThat(Duration.ofNanos(System.nanoTime() - deleted)).as("the handler does not wait for its client")
			.isLessThan(REQUEST_TIMEOUT);
		assertThat(session.respond(next, "{}").statusCode()).isEqualTo(404);
		kind.assertIdle();
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void clientThatAcceptsOnlyJsonGetsNoServerRequests(Kind kind) {
		Session session = kind.open();
		HttpResponse<String> response = kind.server.send(session.call("ask").setHeader("Accept", "application/json"));
		assertThat(response.statusCode()).isEqualTo(200);
		JsonNode json = SecuredServer.json(response);
		assertThat(json.has("error") || json.at("/result/isError").asBoolean()).isTrue();
		kind.assertIdle();
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void emptyOrUnserializableResultIsInternalError(Kind kind) {
		Session session = kind.open();
		for (String tool : kind.type.equals("ASYNC") ? List.of("nothing", "unwritable") : List.of("unwritable")) {
			HttpResponse<String> response = kind.server.send(session.call(tool));
			assertThat(response.statusCode()).isEqualTo(200);
			assertThat(SecuredServer.json(response).path("error").toString())
				.isEqualTo("{\"code\":-32603,\"message\":\"Internal error\"}");
		}
		kind.assertIdle();
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void pingsAreSentToListeningClientsWithoutWarnings(Kind kind) throws Exception {
		logged.list.clear();
		Session session = kind.open();
		Session deaf = kind.open();
		Events events = session.listen();
		for (int i = 0; i < 3; i++) {
			JsonNode ping = events.pings.poll(20, TimeUnit.SECONDS);
			assertThat(ping).isNotNull();
			assertThat(session.respond(ping, "{}").statusCode()).isEqualTo(202);
		}
		session.delete();
		deaf.delete();
		assertThat(events.ended()).isTrue();
		Thread.sleep(500);
		assertThat(List.copyOf(logged.list))
			.filteredOn((event) -> event.getLevel().isGreaterOrEqual(Level.WARN)
					&& !event.getLoggerName().startsWith("org.apache.catalina.loader"))
			.extracting(ILoggingEvent::getFormattedMessage)
			.isEmpty();
		kind.assertIdle();
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void clientThatDoesNotReadBlocksNoThreadAndIsDisconnected(Kind kind) throws Exception {
		List<Session> sessions = new ArrayList<>();
		List<Socket> sockets = new ArrayList<>();
		for (int i = 0; i < 6; i++) {
			Session session = kind.open();
			sessions.add(session);
			Socket socket = new Socket();
			socket.setReceiveBufferSize(4096);
			socket.connect(new java.net.InetSocketAddress("localhost", URI.create(kind.server.url()).getPort()));
			socket.getOutputStream().write(session.rawGet().getBytes(StandardCharsets.US_ASCII));
			sockets.add(socket);
		}
		await(() -> kind.sessions().streams() == 6);
		Map<String, Object> large = Map.of("text", "x".repeat(1024 * 1024));
		long start = System.nanoTime();
		for (int i = 0; i < 15; i++) {
			kind.transport().notifyClients("notifications/large", large).block();
		}
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
		long asked = System.nanoTime();
		assertThat(SecuredServer
			.text(kind.server.send(sessions.get(0).call("report").setHeader("Accept", "application/json"))))
			.isEqualTo("reported");
		assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(2));
		kind.assertIdle();
		for (Socket socket : sockets) {
			socket.close();
		}
		sessions.forEach(Session::delete);
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void deleteDoesNotWaitForClientThatDoesNotRead(Kind kind) throws Exception {
		Session session = kind.open();
		kind.hold();
		try (Socket socket = new Socket()) {
			socket.setReceiveBufferSize(4096);
			socket.connect(new java.net.InetSocketAddress("localhost", URI.create(kind.server.url()).getPort()));
			socket.getOutputStream().write(session.rawCall("flood").getBytes(StandardCharsets.US_ASCII));
			await(() -> kind.sessions().streams() == 1);
			Thread.sleep(500);
			long start = System.nanoTime();
			assertThat(kind.server.send(session.post("").DELETE()).statusCode()).isEqualTo(200);
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
		}
		finally {
			kind.release();
		}
		kind.assertIdle();
	}

	static Stream<Kind> synchronousKinds() {
		return kinds().filter((kind) -> kind.type.equals("SYNC"));
	}

	/**
	 * Otherwise one caller could hold all threads.
	 */
	@ParameterizedTest
	@MethodSource("synchronousKinds")
	void callIsCountedWhileItsThreadWritesTheResponse(Kind kind) throws Exception {
		Session session = kind.open();
		Session other = kind.open();
		try (Socket socket = new Socket()) {
			socket.setReceiveBufferSize(4096);
			socket.connect(new java.net.InetSocketAddress("localhost", URI.create(kind.server.url()).getPort()));
			socket.getOutputStream().write(session.rawCall("big").getBytes(StandardCharsets.US_ASCII));
			assertThat(socket.getInputStream().read()).isEqualTo('H');
			Awaitility.await()
				.during(Duration.ofMillis(500))
				.atMost(SOON)
				.until(() -> kind.server.send(other.call("report")).statusCode() == 429);
		}
		await(() -> kind.server.send(other.call("report")).statusCode() == 200);
		kind.assertIdle();
		for (int i = 0; i < 20; i++) {
			assertThat(kind.server.send(other.call("big")).statusCode()).isEqualTo(200);
		}
		session.delete();
		other.delete();
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void resourcesAreReleasedWhenClientDisconnectsDuringCall(Kind kind) throws Exception {
		Session session = kind.open();
		for (String tool : List.of("tick", "wait")) {
			kind.events.clear();
			kind.hold();
			RawConnection connection = RawConnection.to(kind.server.url());
			connection.send(session.rawCall(tool));
			await(() -> kind.limits().calls().callers() == 1);
			Thread.sleep(200);
			connection.close();
			Thread.sleep(300);
			kind.release();
			kind.assertIdle();
			await(() -> kind.events.stream().anyMatch((event) -> tool.equals(event.data().get("targetName"))));
			Thread.sleep(300);
			assertThat(kind.events).filteredOn((event) -> tool.equals(event.data().get("targetName"))).hasSize(1);
		}
		session.delete();
	}

	/**
	 * Otherwise a client could end its sessions, and start more handlers than it may.
	 */
	@ParameterizedTest
	@MethodSource("kinds")
	void callIsCountedUntilItsHandlerEndsAfterItsStream(Kind kind) {
		Session other = kind.open();
		Session session = kind.open();
		kind.hold();
		Events events = session.stream(session.call("tick"));
		events.next();
		assertThat(kind.server.send(session.post("").DELETE()).statusCode()).isEqualTo(200);
		assertThat(events.ended()).isTrue();
		Awaitility.await()
			.during(Duration.ofMillis(500))
			.atMost(SOON)
			.until(() -> kind.server.send(other.call("report")).statusCode() == 429);
		kind.release();
		await(() -> kind.server.send(other.call("report")).statusCode() == 200);
		other.delete();
		kind.assertIdle();
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void streamsOfDeniedClientEnd(Kind kind) throws Exception {
		Session denied = kind.open(kind.server.token().claim("client_id", "rogue").sign());
		Session other = kind.open();
		Events ofDenied = denied.listen();
		Events ofOther = other.listen();
		kind.hold();
		Events call = denied.stream(denied.call("tick"));
		call.next();
		ClientDenials denials = kind.server.context().getBean(ClientDenials.class);
		denials.add("rogue");
		try {
			assertThat(ofDenied.ended()).isTrue();
			assertThat(call.ended()).isTrue();
			assertThat(ofOther.ends.isDone()).isFalse();
			assertThat(denied.send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}").statusCode()).isEqualTo(403);
		}
		finally {
			denials.remove("rogue");
			kind.release();
		}
		await(() -> kind.limits().calls().callers() == 0);
		other.delete();
		kind.assertIdle();
	}

	private static void await(java.util.concurrent.Callable<Boolean> condition) {
		Awaitility.await().atMost(SOON).until(condition);
	}

	/**
	 * A kind of server.
	 */
	private static final class Kind {

		private final String name;

		private final String type;

		private final SecuredServer server;

		private final List<McpAuditEvent> events;

		private Kind(String name, String type, SecuredServer server) {
			this.name = name;
			this.type = type;
			this.server = server;
			this.events = server.context().getBean(RecordedEvents.class).list();
		}

		static Kind start(Container container, String type) {
			return new Kind(container + " " + type, type, SecuredServer.start(StreamsApplication.class,
					authorizationServer, "test.container=" + container.name().toLowerCase(Locale.ROOT),
					"spring.ai.mcp.server.type=" + type,
					"spring.ai.mcp.server.request-timeout=" + REQUEST_TIMEOUT.toSeconds() + "s",
					"spring.ai.mcp.server.streamable-http.keep-alive-interval=300ms",
					"mcp-security.sessions.check-interval=100ms", "mcp-security.sessions.max-per-caller=50",
					"mcp-security.clients.refresh-interval=100ms", "mcp-security.rate-limit.max-concurrent-calls=1",
					"mcp-security.rate-limit.max-concurrent-streams=100", "server.tomcat.threads.max=4",
					"server.tomcat.threads.min-spare=1", "server.tomcat.connection-timeout=3s",
					"server.jetty.connection-idle-timeout=3s", "server.jetty.threads.acceptors=1",
					"server.jetty.threads.selectors=1", "server.jetty.threads.max=8", "server.jetty.threads.min=8"));
		}

		Session open() {
			return open(this.server.token().sign());
		}

		Session open(String token) {
			HttpResponse<String> response = this.server.send(this.server.post(token, """
					{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
					"capabilities":{"elicitation":{},"sampling":{},"roots":{}},
					"clientInfo":{"name":"test","version":"1"}}}"""));
			return new Session(this, token, response.headers().firstValue("Mcp-Session-Id").orElseThrow());
		}

		StreamableTransport transport() {
			return this.server.context().getBean(StreamableTransport.class);
		}

		Sessions sessions() {
			return this.server.context().getBean(Sessions.class);
		}

		RequestLimits limits() {
			return this.server.context().getBean(RequestLimits.class);
		}

		void hold() {
			this.server.context().getBean(Gate.class).open = false;
		}

		void release() {
			this.server.context().getBean(Gate.class).open = true;
		}

		void addTool(String name) {
			Tool tool = Tool.builder(name, Map.of("type", "object")).build();
			if (this.type.equals("SYNC")) {
				this.server.context()
					.getBean(McpSyncServer.class)
					.addTool(new SyncToolSpecification(tool, (exchange, request) -> text("later")));
			}
			else {
				this.server.context()
					.getBean(McpAsyncServer.class)
					.addTool(new AsyncToolSpecification(tool, (exchange, request) -> Mono.just(text("later"))))
					.block();
			}
		}

		/**
		 * Nothing is left of any request.
		 */
		void assertIdle() {
			await(() -> this.sessions().streams() == 0 && this.limits().calls().callers() == 0
					&& this.limits().streams().callers() == 0);
		}

		@Override
		public String toString() {
			return this.name;
		}

	}

	/**
	 * A session of a client.
	 */
	private record Session(Kind kind, String token, String id) {

		HttpRequest.Builder post(String body) {
			return this.kind.server.post(this.token, body).setHeader("Mcp-Session-Id", this.id);
		}

		HttpResponse<String> send(String body) {
			return this.kind.server.send(post(body));
		}

		HttpRequest.Builder call(String tool) {
			return post(body(tool));
		}

		private static String body(String tool) {
			return "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
					+ "\",\"arguments\":{},\"_meta\":{\"progressToken\":\"token\"}}}";
		}

		String rawCall(String tool) {
			return "POST /mcp HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: " + body(tool).length()
					+ "\r\n" + head() + body(tool);
		}

		String rawGet() {
			return "GET /mcp HTTP/1.1\r\n" + head();
		}

		private String head() {
			return "Host: localhost\r\nAccept: application/json, text/event-stream\r\nAuthorization: Bearer "
					+ this.token + "\r\nMcp-Session-Id: " + this.id + "\r\n\r\n";
		}

		RawConnection rawListen() {
			RawConnection connection = RawConnection.to(this.kind.server.url()).send(rawGet());
			assertThat(connection.read(true).status()).isEqualTo(200);
			return connection;
		}

		HttpRequest.Builder response(JsonNode question, String result) {
			return post(
					"{\"jsonrpc\":\"2.0\",\"id\":" + question.path("id").toString() + ",\"result\":" + result + "}");
		}

		HttpResponse<String> respond(JsonNode question, String result) {
			return this.kind.server.send(response(question, result));
		}

		Events listen(String... headers) {
			HttpRequest.Builder request = post("").GET().setHeader("Accept", "text/event-stream");
			Events events = stream((headers.length > 0) ? request.headers(headers) : request);
			assertThat(events.response().statusCode()).isEqualTo(200);
			return events;
		}

		Events stream(HttpRequest.Builder request) {
			return new Events(request.timeout(Duration.ofMinutes(1)).build());
		}

		void delete() {
			assertThat(this.kind.server.send(post("").DELETE()).statusCode()).isEqualTo(200);
			// Until its tools have ended they count against the limit of concurrent
			// calls.
			StreamsTests
				.await(() -> send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}").statusCode() == 404);
		}

	}

	/**
	 * The events of a response.
	 */
	private static final class Events implements Flow.Subscriber<String> {

		private static final HttpClient http = HttpClient.newHttpClient();

		private final BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();

		private final BlockingQueue<JsonNode> pings = new LinkedBlockingQueue<>();

		private final CompletableFuture<HttpResponse<Flow.Publisher<List<java.nio.ByteBuffer>>>> response;

		private final CompletableFuture<Void> ends = new CompletableFuture<>();

		Events(HttpRequest request) {
			this.response = http.sendAsync(request, BodyHandlers.ofPublisher());
			this.response.thenAccept(
					(response) -> response.body().subscribe(HttpResponse.BodySubscribers.fromLineSubscriber(this)));
		}

		HttpResponse<?> response() {
			return this.response.orTimeout(20, TimeUnit.SECONDS).join();
		}

		JsonNode next() {
			try {
				JsonNode next = this.messages.poll(20, TimeUnit.SECONDS);
				assertThat(next).isNotNull();
				return next;
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

		/**
		 * Whether the stream ends as it should, which is waited for.
		 */
		boolean ended() {
			this.ends.orTimeout(20, TimeUnit.SECONDS).join();
			return true;
		}

		@Override
		public void onSubscribe(Flow.Subscription subscription) {
			subscription.request(Long.MAX_VALUE);
		}

		@Override
		public void onNext(String line) {
			if (line.startsWith("data: ")) {
				JsonNode message = JsonMapper.shared().readTree(line.substring(6));
				(message.path("method").asString("").equals("ping") ? this.pings : this.messages).add(message);
			}
			else {
				assertThat(line).isIn("event: message", ":", "");
			}
		}

		@Override
		public void onError(Throwable failure) {
			this.ends.completeExceptionally(failure);
		}

		@Override
		public void onComplete() {
			this.ends.complete(null);
		}

	}

	/**
	 * Lets tools end.
	 */
	static final class Gate {

		private volatile boolean open = true;

		private void await(Runnable step) {
			while (!this.open) {
				step.run();
				try {
					Thread.sleep(20);
				}
				catch (InterruptedException ex) {
					throw new IllegalStateException(ex);
				}
			}
		}

	}

	private static CallToolResult text(String text) {
		return CallToolResult.builder().addTextContent(text).build();
	}

	private static Tool tool(String name) {
		return Tool.builder(name, Map.of("type", "object")).build();
	}

	private static ProgressNotification progress(CallToolRequest request) {
		return ProgressNotification.builder(request.progressToken(), 0.5).build();
	}

	private static LoggingMessageNotification log() {
		return LoggingMessageNotification.builder(LoggingLevel.EMERGENCY, "message").logger("test").build();
	}

	private static LoggingMessageNotification large() {
		return LoggingMessageNotification.builder(LoggingLevel.EMERGENCY, "x".repeat(1024 * 1024))
			.logger("test")
			.build();
	}

	private static ElicitRequest elicitation() {
		return ElicitFormRequest.builder("Say", Map.of("type", "object", "properties", Map.of())).build();
	}

	private static CreateMessageRequest sampling() {
		return CreateMessageRequest
			.builder(List.of(new SamplingMessage(Role.USER, TextContent.builder("Two?").build())), 10)
			.build();
	}

	private static CallToolResult asked(ElicitResult elicited, CreateMessageResult sampled, ListRootsResult roots) {
		return text(elicited.action().name().toLowerCase(Locale.ROOT) + " " + ((TextContent) sampled.content()).text()
				+ " " + roots.roots().get(0).uri());
	}

	/**
	 * A result that no JSON can be made of.
	 */
	private static CallToolResult unwritable() {
		return CallToolResult.builder().addTextContent("x").structuredContent(Map.of("self", new Object() {

			@SuppressWarnings("unused")
			public String getSecret() {
				throw new IllegalStateException("secret");
			}

		})).build();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class StreamsApplication {

		@Bean
		RecordedEvents recordedEvents() {
			return new RecordedEvents();
		}

		@Bean
		Gate gate() {
			return new Gate();
		}

		@Configuration(proxyBeanMethods = false)
		@ConditionalOnProperty(name = "spring.ai.mcp.server.type", havingValue = "SYNC")
		static class Sync {

			@Bean
			List<SyncToolSpecification> tools(Gate gate) {
				return List.of(new SyncToolSpecification(tool("report"), (exchange, request) -> {
					exchange.progressNotification(progress(request));
					exchange.loggingNotification(log());
					return text("reported");
				}), new SyncToolSpecification(tool("ask"),
						(exchange, request) -> asked(exchange.createElicitation(elicitation()),
								exchange.createMessage(sampling()), exchange.listRoots())),
						new SyncToolSpecification(tool("askAndBlock"), (exchange, request) -> {
							gate.open = false;
							exchange.createElicitation(elicitation());
							gate.await(() -> {
							});
							return text("blocked");
						}), new SyncToolSpecification(tool("tick"), (exchange, request) -> {
							gate.await(() -> exchange.loggingNotification(log()));
							return text("ticked");
						}), new SyncToolSpecification(tool("flood"), (exchange, request) -> {
							gate.await(() -> exchange.loggingNotification(large()));
							return text("flooded");
						}), new SyncToolSpecification(tool("wait"), (exchange, request) -> {
							gate.await(() -> {
							});
							return text("waited");
						}), new SyncToolSpecification(tool("unwritable"), (exchange, request) -> unwritable()),
						new SyncToolSpecification(tool("big"), (exchange, request) -> text(BIG)));
			}

		}

		@Configuration(proxyBeanMethods = false)
		@ConditionalOnProperty(name = "spring.ai.mcp.server.type", havingValue = "ASYNC")
		static class Async {

			@Bean
			List<AsyncToolSpecification> tools(Gate gate) {
				return List.of(
						new AsyncToolSpecification(tool("report"),
								(exchange, request) -> exchange.progressNotification(progress(request))
									.then(exchange.loggingNotification(log()))
									.thenReturn(text("reported"))),
						new AsyncToolSpecification(tool("ask"),
								(exchange, request) -> exchange.createElicitation(elicitation())
									.flatMap((elicited) -> exchange.createMessage(sampling())
										.flatMap((sampled) -> exchange.listRoots()
											.map((roots) -> asked(elicited, sampled, roots))))),
						new AsyncToolSpecification(tool("askAndBlock"), (exchange, request) -> {
							gate.open = false;
							return exchange.createElicitation(elicitation()).map((elicited) -> {
								gate.await(() -> {
								});
								return text("blocked");
							});
						}), new AsyncToolSpecification(tool("tick"), (exchange, request) -> Mono.fromCallable(() -> {
							gate.await(() -> exchange.loggingNotification(log()).block());
							return text("ticked");
						}).subscribeOn(Schedulers.boundedElastic())),
						new AsyncToolSpecification(tool("flood"), (exchange, request) -> Mono.fromCallable(() -> {
							gate.await(() -> exchange.loggingNotification(large()).block());
							return text("flooded");
						}).subscribeOn(Schedulers.boundedElastic())),
						new AsyncToolSpecification(tool("wait"), (exchange, request) -> Mono.fromCallable(() -> {
							gate.await(() -> {
							});
							return text("waited");
						}).subscribeOn(Schedulers.boundedElastic())),
						new AsyncToolSpecification(tool("unwritable"), (exchange, request) -> Mono.just(unwritable())),
						new AsyncToolSpecification(tool("nothing"), (exchange, request) -> Mono.empty()));
			}

		}

	}

}
