package io.mcpsecurity.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

import com.nimbusds.jose.util.JSONObjectUtils;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/**
 * An introspection endpoint (RFC 7662) that says of each token what a test has said.
 */
public final class TestIntrospectionEndpoint implements AutoCloseable {

	private final HttpServer http;

	private final Map<String, Answer> answers = new ConcurrentHashMap<>();

	private final List<Request> requests = new CopyOnWriteArrayList<>();

	private final AtomicInteger underWay = new AtomicInteger();

	private final AtomicInteger mostUnderWay = new AtomicInteger();

	private volatile Answer otherwise = new Answer(200, "{\"active\":false}");

	private volatile CountDownLatch answering = new CountDownLatch(0);

	private TestIntrospectionEndpoint() throws IOException {
		this.http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		this.http.createContext("/introspect", this::answer);
		this.http.setExecutor(Executors.newCachedThreadPool((task) -> {
			Thread thread = new Thread(task, "introspection-endpoint");
			thread.setDaemon(true);
			return thread;
		}));
	}

	public static TestIntrospectionEndpoint start() {
		try {
			TestIntrospectionEndpoint endpoint = new TestIntrospectionEndpoint();
			endpoint.http.start();
			return endpoint;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	public String uri() {
		return "http://localhost:" + this.http.getAddress().getPort() + "/introspect";
	}

	/**
	 * Let the endpoint say this of a token.
	 */
	public void answer(String token, Map<String, ?> members) {
		answer(token, 200, JSONObjectUtils.toJSONString(new HashMap<>(members)));
	}

	public void answer(String token, int status, String body) {
		this.answers.put(token, new Answer(status, body));
	}

	/**
	 * Let the endpoint say this of all other tokens.
	 */
	public void answerOthers(int status, String body) {
		this.otherwise = new Answer(status, body);
	}

	/**
	 * Let requests wait.
	 * @return lets them go on
	 */
	public Runnable hold() {
		CountDownLatch held = new CountDownLatch(1);
		this.answering = held;
		return () -> {
			this.answering = new CountDownLatch(0);
			held.countDown();
		};
	}

	public List<Request> requests() {
		return this.requests;
	}

	/**
	 * How often it was asked about a token.
	 */
	public long asked(String token) {
		return this.requests.stream().filter((request) -> token.equals(request.parameters().get("token"))).count();
	}

	public int mostUnderWay() {
		return this.mostUnderWay.get();
	}

	private void answer(HttpExchange exchange) throws IOException {
		this.mostUnderWay.accumulateAndGet(this.underWay.incrementAndGet(), Math::max);
		try {
			String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
			Map<String, String> parameters = new HashMap<>();
			for (String pair : form.split("&")) {
				String[] parts = pair.split("=", 2);
				parameters.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
			}
			this.requests.add(new Request(exchange.getRequestHeaders().getFirst("Authorization"), parameters));
			this.answering.await();
			Answer answer = this.answers.getOrDefault(parameters.get("token"), this.otherwise);
			byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
			exchange.getResponseHeaders().set("Content-Type", "application/json");
			exchange.getResponseHeaders().set("Location", uri());
			exchange.sendResponseHeaders(answer.status(), body.length);
			exchange.getResponseBody().write(body);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		finally {
			this.underWay.decrementAndGet();
			exchange.close();
		}
	}

	@Override
	public void close() {
		this.http.stop(0);
	}

	/**
	 * What it was asked.
	 */
	public record Request(String authorization, Map<String, String> parameters) {
	}

	private record Answer(int status, String body) {
	}

}
