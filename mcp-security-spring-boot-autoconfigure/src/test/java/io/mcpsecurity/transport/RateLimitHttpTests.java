package io.mcpsecurity.transport;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.Scrape;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.AuditEventRepository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The limits of an operator over HTTP. Nothing comes back while these tests run, and each
 * has callers of its own.
 */
class RateLimitHttpTests {

	private static final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		List<String> properties = new ArrayList<>(Scrape.PROPERTIES);
		properties.add("spring.ai.mcp.server.protocol=STATELESS");
		rule(properties, 0, "callers", "caller", 5, "");
		rule(properties, 1, "clients", "client", 8, "");
		rule(properties, 2, "exports", "caller", 2, "browse,exp*");
		rule(properties, 3, "moves", "tool", 1, "move");
		rule(properties, 4, "anonymous", "address", 4, "");
		server = SecuredServer.start(RecordsApplication.class, authorizationServer, properties.toArray(String[]::new));
	}

	private static void rule(List<String> properties, int index, String name, String per, int capacity, String tools) {
		String prefix = "mcp-security.rate-limit.rules[" + index + "].";
		properties.add(prefix + "name=" + name);
		properties.add(prefix + "per=" + per);
		properties.add(prefix + "capacity=" + capacity);
		properties.add(prefix + "period=31d");
		properties.add(prefix + "tools=" + tools);
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@Test
	void requestBeyondLimitGets429WithRetryAfterAndRequestId() {
		for (int i = 0; i < 5; i++) {
			assertThat(call("alice", "time").statusCode()).isEqualTo(200);
		}
		HttpResponse<String> response = call("alice", "time");
		assertThat(response.statusCode()).isEqualTo(429);
		assertThat(response.body())
			.isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32015,\"message\":\"Too many requests\"}}");
		assertThat(Long.parseLong(response.headers().firstValue("Retry-After").orElseThrow()))
			.isBetween(31L * 24 * 3600 / 5 - 3600, 31L * 24 * 3600 / 5);
		assertThat(response.headers().firstValue("WWW-Authenticate")).isEmpty();
		assertThat(call("bob", "time").statusCode()).isEqualTo(200);
	}

	@Test
	void usersOfSameClientShareLimit() {
		for (int i = 0; i < 8; i++) {
			assertThat(call(token("user-" + i, "one-client"), "time").statusCode()).isEqualTo(200);
		}
		assertThat(call(token("user-9", "one-client"), "time").statusCode()).isEqualTo(429);
		assertThat(call(token("user-9", "another-client"), "time").statusCode()).isEqualTo(200);
	}

	@Test
	void ruleForToolsDoesNotLimitOtherTools() {
		assertThat(call("exporter", "browse", "records:browse").statusCode()).isEqualTo(200);
		assertThat(call("exporter", "browse", "records:browse").statusCode()).isEqualTo(200);
		assertThat(call("exporter", "export", "records:export").statusCode()).isEqualTo(429);
		assertThat(call("exporter", "time").statusCode()).isEqualTo(200);
	}

	@Test
	void whenScopeIsMissingThenToolLimitIsNotRevealed() {
		assertThat(call("mover", "move", "records:browse", "records:write").statusCode()).isEqualTo(200);
		assertThat(call("other-mover", "move", "records:browse", "records:write").statusCode()).isEqualTo(429);
		assertThat(call("stranger", "move").statusCode()).isEqualTo(403);
	}

	@Test
	void deniedCallsAreCounted() {
		for (int i = 0; i < 5; i++) {
			assertThat(call("denied", "purge").statusCode()).isEqualTo(403);
		}
		assertThat(call("denied", "purge").statusCode()).isEqualTo(429);
	}

	@Test
	void invalidMessagesAreCounted() {
		String token = token("garbler", "garbler").sign();
		for (int i = 0; i < 5; i++) {
			assertThat(server.send(server.post(token, "{")).statusCode()).isEqualTo(400);
		}
		assertThat(server.send(server.post(token, "{")).statusCode()).isEqualTo(429);
	}

	@Test
	void requestsWithoutMessageAreCounted() {
		HttpRequest.Builder get = HttpRequest.newBuilder(URI.create(server.url()))
			.setHeader("Authorization", "Bearer " + token("getter", "getter").sign());
		for (int i = 0; i < 5; i++) {
			assertThat(server.send(get).statusCode()).isNotEqualTo(429);
		}
		assertThat(server.send(get).statusCode()).isEqualTo(429);
	}

	@Test
	void untrustedForwardedHeaderIsIgnored() {
		for (int i = 0; i < 4; i++) {
			assertThat(server.send(anonymous(i)).statusCode()).isEqualTo(401);
		}
		HttpResponse<String> response = server.send(anonymous(5));
		assertThat(response.statusCode()).isEqualTo(429);
		assertThat(response.headers().firstValue("Retry-After")).isPresent();
		assertThat(call("with-token", "time").statusCode()).isEqualTo(200);
	}

	private static HttpRequest.Builder anonymous(int i) {
		return server.post(null, "{}")
			.setHeader("X-Forwarded-For", "192.0.2." + i)
			.setHeader("Forwarded", "for=192.0.2." + i);
	}

	@Test
	void limitedRequestIsAuditedOnceAndMeasured() {
		for (int i = 0; i < 6; i++) {
			call("recorded", "time");
		}
		await().untilAsserted(() -> assertThat(events("recorded")).hasSize(6));
		assertThat(events("recorded")).filteredOn((event) -> "rate_limited".equals(event.getData().get("reason")))
			.singleElement()
			.satisfies((event) -> assertThat(event.getData()).containsEntry("decision", "rejected")
				.containsEntry("outcome", "denied")
				.containsEntry("httpStatus", 429)
				.containsEntry("targetName", "time"));
		Scrape scrape = Scrape.of(server);
		assertThat(scrape.sum("mcp_security_rate_limit_total", "rule=callers", "outcome=limited")).isPositive();
		assertThat(scrape.sum("mcp_security_rate_limit_total", "rule=callers", "outcome=allowed")).isPositive();
		assertThat(scrape.sum("mcp_security_requests_seconds_count", "reason=rate_limited")).isPositive();
	}

	private static List<AuditEvent> events(String subject) {
		return server.context()
			.getBean(AuditEventRepository.class)
			.find(null, null, null)
			.stream()
			.filter((event) -> subject.equals(event.getData().get("subject")))
			.toList();
	}

	private static HttpResponse<String> call(String subject, String tool, String... scopes) {
		return call(token(subject, "client-of-" + subject).scope(scopes), tool);
	}

	private static HttpResponse<String> call(TestAuthorizationServer.Token token, String tool) {
		return server.callTool(token.sign(), tool, "{}");
	}

	private static TestAuthorizationServer.Token token(String subject, String client) {
		return server.token()
			.claim("sub", subject)
			.claim("client_id", client)
			.claim("jti", UUID.randomUUID().toString());
	}

}
