package io.mcpsecurity.audit;

import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What clients send to get something into the trail that must not be there, or to break
 * it: one event each time, safe and bounded.
 */
@ExtendWith(OutputCaptureExtension.class)
class HostileInputTests {

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer server;

	private static AuditedApplication.Events events;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		server = SecuredServer.start(AuditedApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "spring.ai.mcp.server.type=SYNC",
				"mcp-security.audit.log.enabled=true", "mcp-security.audit.arguments=full",
				"logging.level.io.mcpsecurity=trace", "logging.level.root=debug",
				"management.endpoints.web.exposure.include=*");
		events = server.context().getBean(AuditedApplication.Events.class);
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@BeforeEach
	void forget() {
		events.clear();
	}

	@ParameterizedTest
	@ValueSource(strings = { "a\\r\\nINFO forged line", "\\u001b[31mred\\u001b[0m", "\\u0000", "\\ud800 alone",
			"\\udc00", "a\\u2028b\\u2029c", "\\u202eevil", "\\u0085next", "<script>alert(1)</script>" })
	void hostileNameResultsInOneSanitizedEventAndLogLine(String name, CapturedOutput output) {
		String end = UUID.randomUUID().toString();
		// A key with an unpaired surrogate is refused.
		String key = name.startsWith("\\ud") ? "key" : name;
		call("tools/call", "{\"name\":\"" + name + end + "\",\"arguments\":{\"" + key + "\":\"" + name + "\"}}");
		assertOneSafeEvent();
		// The log is written by a thread of its own.
		Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !auditLines(output, end).isEmpty());
		assertThat(auditLines(output, end)).singleElement()
			.satisfies((line) -> assertThat(line).doesNotContainPattern("\\p{Cntrl}|[\\u2028\\u2029\\u202e]"));
		assertThat(output.getOut().lines()).noneMatch((line) -> line.startsWith("INFO forged line"));
	}

	@Test
	void veryLongNameIsTruncated() {
		call("tools/call", "{\"name\":\"" + "x".repeat(1 << 20) + "\",\"arguments\":{}}");
		assertOneSafeEvent();
	}

	@Test
	void deeplyNestedAndNumerousArgumentsAreBounded() {
		call("tools/call", "{\"name\":\"open\",\"arguments\":{\"a\":" + "[".repeat(50) + "]".repeat(50) + "}}");
		assertOneSafeEvent();
		List<String> members = new ArrayList<>();
		for (int i = 0; i < 20000; i++) {
			members.add("\"member" + i + "\":\"value\"");
		}
		call("tools/call", "{\"name\":\"open\",\"arguments\":{" + String.join(",", members) + "}}");
		assertOneSafeEvent();
	}

	@Test
	void tokensHeadersAndCookiesAreInNoEventLogLineOrMetric(CapturedOutput output) {
		String good = server.token("records:browse").sign();
		String bad = good.substring(0, good.length() - 20) + "AAAAAAAAAAAAAAAAAAAA";
		for (String token : List.of(good, bad, server.token().claim("aud", "other").sign(),
				"opaque-" + "9".repeat(40))) {
			String tool = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"browse\","
					+ "\"arguments\":{\"query\":\"" + good + "\",\"password\":\"cookie-secret\"}}}";
			send(server.post(token, tool));
			send(server.post(token, tool.replace("browse", good)));
			send(server.post(token, tool.replace("tools/call", "tools/" + good)));
			send(server.post(token, tool.replace("\"id\":7", "\"id\":\"" + good + "\"")));
			send(server.post(token, "nonsense " + good));
			send(server.post(token, tool).setHeader("MCP-Protocol-Version", good));
		}
		List<McpAuditEvent> written = written();
		assertThat(written).hasSize(24);
		String trail = JsonMapper.shared().writeValueAsString(written);
		String metrics = server.get(server.url("/actuator/prometheus")).body();
		for (String secret : List.of(good.substring(good.lastIndexOf('.')), bad.substring(bad.lastIndexOf('.')),
				good.split("\\.")[1], "9".repeat(40), "cookie-secret")) {
			assertThat(trail).doesNotContain(secret);
			assertThat(metrics).doesNotContain(secret);
			assertThat(ofThisLibrary(output)).noneMatch((line) -> line.contains(secret));
		}
	}

	private static List<String> auditLines(CapturedOutput output, String text) {
		return output.getOut()
			.lines()
			.filter((line) -> line.contains("io.mcpsecurity.audit ") && line.contains(text))
			.toList();
	}

	/**
	 * Tomcat, Spring and Reactor write requests into the log at DEBUG as they please.
	 */
	private static List<String> ofThisLibrary(CapturedOutput output) {
		return output.getAll()
			.lines()
			.filter((line) -> line.contains("i.m.") || line.contains("io.mcpsecurity") || line.contains(" WARN ")
					|| line.contains(" ERROR ") || line.contains(" INFO "))
			.toList();
	}

	private static void call(String method, String params) {
		send(server.post(server.token("records:browse").sign(),
				"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":" + params + "}"));
	}

	private static void send(HttpRequest.Builder request) {
		server.send(request.setHeader("Cookie", "SESSION=cookie-secret"));
	}

	/**
	 * The events up to now.
	 */
	private static List<McpAuditEvent> written() {
		server.send(server.post(server.token("marker").sign(),
				"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"open\"}}"));
		List<McpAuditEvent> written = new ArrayList<>();
		McpAuditEvent event = events.next();
		while (!List.of("marker").equals(event.data().get("grantedScopes"))) {
			written.add(event);
			event = events.next();
		}
		return written;
	}

	private static void assertOneSafeEvent() {
		assertThat(written()).singleElement().satisfies(HostileInputTests::assertSafe);
	}

	private static void assertSafe(McpAuditEvent event) {
		assertThat(event.data()).containsEntry("subject", "alice");
		assertSafe(event.data());
		assertThat(JsonMapper.shared().writeValueAsString(event.data()).length()).isLessThan(20000);
	}

	private static void assertSafe(Object value) {
		if (value instanceof Map<?, ?> map) {
			map.forEach((name, member) -> {
				assertSafe(name);
				assertSafe(member);
			});
		}
		else if (value instanceof List<?> list) {
			list.forEach(HostileInputTests::assertSafe);
		}
		else if (value instanceof String text) {
			assertThat(text).doesNotContainPattern("\\p{Cntrl}|[\\u0080-\\u009f\\u2028\\u2029\\u202a-\\u202e]");
			assertThat(text.length()).isLessThanOrEqualTo(1024);
			assertThat(text.codePoints()).noneMatch((c) -> c >= 0xd800 && c <= 0xdfff);
		}
	}

}
