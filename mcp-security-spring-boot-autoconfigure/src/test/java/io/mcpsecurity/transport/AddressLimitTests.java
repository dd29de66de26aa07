package io.mcpsecurity.transport;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

import io.mcpsecurity.ratelimit.ConcurrentRequests;
import io.mcpsecurity.ratelimit.RequestLimits;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Limits by address, of refused tokens and of requests without one, and of requests at
 * the same time. The server follows forwarded headers, so that each test has addresses of
 * its own.
 */
class AddressLimitTests {

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}";

	private static final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private static final SecuredServer server = SecuredServer.start(SlowApplication.class, authorizationServer,
			"server.forward-headers-strategy=framework", "mcp-security.policy.anonymous-discovery=true",
			"mcp-security.rate-limit.authentication-failures.capacity=3",
			"mcp-security.rate-limit.authentication-failures.period=31d",
			"mcp-security.rate-limit.rules[0].per=address", "mcp-security.rate-limit.rules[0].capacity=3",
			"mcp-security.rate-limit.rules[0].period=31d", "mcp-security.rate-limit.max-concurrent-calls=2",
			"mcp-security.rate-limit.max-concurrent-streams=1",
			"spring.ai.mcp.server.streamable-http.keep-alive-interval=1s");

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@Test
	void tooManyInvalidTokensOfAddressGet429() {
		exhaust("198.51.100.1");
		HttpResponse<String> response = send("198.51.100.1", forged());
		assertThat(response.statusCode()).isEqualTo(429);
		assertThat(response.headers().firstValue("Retry-After")).isPresent();
		assertThat(response.headers().firstValue("WWW-Authenticate")).isEmpty();
		assertThat(response.body()).contains("\"code\":-32015");
	}

	@Test
	void validTokensPassDespiteLimitOfAddress() {
		String verified = good();
		assertThat(status("198.51.100.3", verified)).isNotIn(401, 429);
		exhaust("198.51.100.3");
		assertThat(status("198.51.100.3", forged())).isEqualTo(429);
		assertThat(status("198.51.100.3", verified)).isNotIn(401, 429);
		for (int i = 0; i < 5; i++) {
			assertThat(status("198.51.100.3", good())).isNotIn(401, 429);
			assertThat(status("198.51.100.3", forged())).isEqualTo(429);
		}
	}

	@Test
	void whenLimitedThenOpaqueTokensAreNotIntrospected() {
		exhaust("198.51.100.4");
		assertThat(status("198.51.100.4", "opaque")).isEqualTo(429);
		assertThat(status("198.51.100.2", "opaque")).isEqualTo(401);
	}

	@Test
	void limitOfInvalidTokensDoesNotAffectRequestsWithoutToken() {
		exhaust("198.51.100.5");
		HttpResponse<String> response = server
			.send(server.post(null, "{}").setHeader("X-Forwarded-For", "198.51.100.5"));
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElse("")).contains("resource_metadata");
	}

	@Test
	void optionsRequestsWithoutTokenAreLimited() {
		for (int i = 0; i < 3; i++) {
			assertThat(options("198.51.100.55")).isEqualTo(401);
		}
		assertThat(options("198.51.100.55")).isEqualTo(429);
	}

	private static int options(String address) {
		return server
			.send(server.post(null, "{}")
				.method("OPTIONS", BodyPublishers.noBody())
				.setHeader("X-Forwarded-For", address))
			.statusCode();
	}

	@Test
	void validTokensAreNotCounted() {
		for (int i = 0; i < 5; i++) {
			assertThat(status("198.51.100.6", good())).isNotIn(401, 429);
		}
	}

	@Test
	void ipv6AddressesOfSameNetworkAreCountedTogether() {
		for (int i = 0; i < 3; i++) {
			assertThat(status("2001:db8:0:1::" + i, forged())).isEqualTo(401);
		}
		assertThat(status("2001:db8:0:1:ffff::1", forged())).isEqualTo(429);
		assertThat(status("2001:db8:0:2::1", forged())).isEqualTo(401);
	}

	@Test
	void requestsWithoutTokenAreLimitedPerAddress() {
		for (int i = 0; i < 3; i++) {
			assertThat(send("198.51.100.7", null).statusCode()).isNotEqualTo(429);
		}
		assertThat(send("198.51.100.7", null).statusCode()).isEqualTo(429);
		assertThat(send("198.51.100.8", null).statusCode()).isNotEqualTo(429);
		assertThat(status("198.51.100.7", good())).isNotEqualTo(429);
	}

	@Test
	void concurrentCallsAreLimitedPerCallerUntilTheyEnd() {
		String token = caller("busy");
		String session = server.initialize(token);
		await().until(() -> calls().callers() == 0);
		CompletableFuture<Integer> first = CompletableFuture.supplyAsync(() -> tool(token, session, "wait"));
		CompletableFuture<Integer> second = CompletableFuture.supplyAsync(() -> tool(token, session, "wait"));
		await().atMost(Duration.ofSeconds(30)).until(() -> SlowTools.waiting.getQueueLength() == 2);
		HttpResponse<String> third = server
			.send(server.post(token, LIST.replace("ping", "tools/list")).setHeader("Mcp-Session-Id", session));
		assertThat(third.statusCode()).isEqualTo(429);
		assertThat(third.headers().firstValue("Retry-After")).hasValue("1");
		assertThat(status("198.51.100.9", caller("idle"))).isNotEqualTo(429);
		SlowTools.waiting.release(2);
		assertThat(first.join()).isEqualTo(200);
		assertThat(second.join()).isEqualTo(200);
		await().atMost(Duration.ofSeconds(30)).until(() -> calls().callers() == 0);
		assertThat(tool(token, session, "fail")).isEqualTo(200);
		await().atMost(Duration.ofSeconds(30)).until(() -> calls().callers() == 0);
	}

	@Test
	void concurrentStreamsAreLimitedSeparatelyUntilClientDisconnects() throws Exception {
		String token = caller("listener");
		String session = server.initialize(token);
		HttpRequest.Builder get = HttpRequest.newBuilder(URI.create(server.url()))
			.setHeader("Authorization", "Bearer " + token)
			.setHeader("Accept", "text/event-stream")
			.setHeader("Mcp-Session-Id", session);
		HttpResponse<InputStream> stream = HttpClient.newHttpClient().send(get.build(), BodyHandlers.ofInputStream());
		assertThat(stream.statusCode()).isEqualTo(200);
		assertThat(server.send(get).statusCode()).isEqualTo(429);
		assertThat(tool(token, session, "fail")).isEqualTo(200);
		stream.body().close();
		await().atMost(Duration.ofSeconds(30)).until(() -> streams().callers() == 0);
	}

	private static int tool(String token, String session, String tool) {
		return server
			.send(server
				.post(token,
						"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
								+ "\",\"arguments\":{}}}")
				.setHeader("Mcp-Session-Id", session)
				.timeout(Duration.ofMinutes(1)))
			.statusCode();
	}

	private static ConcurrentRequests calls() {
		ConcurrentRequests calls = server.context().getBean(RequestLimits.class).calls();
		assertThat(calls).isNotNull();
		return calls;
	}

	private static ConcurrentRequests streams() {
		ConcurrentRequests streams = server.context().getBean(RequestLimits.class).streams();
		assertThat(streams).isNotNull();
		return streams;
	}

	private static void exhaust(String address) {
		for (int i = 0; i < 3; i++) {
			assertThat(status(address, forged())).isEqualTo(401);
		}
	}

	private static int status(String address, String token) {
		return send(address, token).statusCode();
	}

	private static HttpResponse<String> send(String address, @Nullable String token) {
		return server.send(server.post(token, LIST).setHeader("X-Forwarded-For", address));
	}

	/**
	 * A token for this server that is signed with another key.
	 */
	private static String forged() {
		String good = good();
		return good.substring(0, good.lastIndexOf('.') + 1) + "A".repeat(342);
	}

	/**
	 * A token that has never been seen, of a caller who has never been either.
	 */
	private static String good() {
		return caller(UUID.randomUUID().toString());
	}

	private static String caller(String subject) {
		return server.token().claim("sub", subject).claim("jti", UUID.randomUUID().toString()).sign();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(SlowTools.class)
	static class SlowApplication {

	}

	static class SlowTools {

		static final Semaphore waiting = new Semaphore(0);

		@McpTool(name = "wait", description = "Waits")
		String await() throws InterruptedException {
			waiting.acquire();
			return "waited";
		}

		@McpTool(name = "fail", description = "Fails")
		String fail() {
			throw new IllegalStateException("failed");
		}

	}

}
