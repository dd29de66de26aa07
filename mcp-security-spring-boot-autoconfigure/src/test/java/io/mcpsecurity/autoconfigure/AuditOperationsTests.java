package io.mcpsecurity.autoconfigure;

import java.time.Duration;
import java.util.List;

import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The audit trail as operators see it over HTTP, and callers while it is broken.
 */
class AuditOperationsTests {

	@Test
	void actuatorReturnsEventsMetricsAndHealthOfSink() {
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				SecuredServer server = start(authorizationServer, "allow")) {
			assertThat(call(server)).isEqualTo(200);
			await(() -> {
				JsonNode events = json(server, "/actuator/auditevents?type=MCP_CALL");
				assertThat(events.at("/events/0/principal").asString()).isEqualTo("alice");
				assertThat(events.at("/events/0/data/targetName").asString()).isEqualTo("browse");
				JsonNode health = json(server, "/actuator/health");
				assertThat(health.at("/components/mcpSecurityAudit/status").asString()).isEqualTo("UP");
				assertThat(health.at("/components/mcpSecurityAudit/details/breaking/published").asInt()).isEqualTo(1);
			});
			server.context().getBean(BreakingSink.class).broken = true;
			assertThat(call(server)).isEqualTo(200);
			await(() -> {
				JsonNode health = json(server, "/actuator/health");
				assertThat(health.at("/status").asString()).isEqualTo("DOWN");
				assertThat(health.at("/components/mcpSecurityAudit/details/breaking/lastFailure").asString())
					.isEqualTo(IllegalStateException.class.getName());
				assertThat(health.toString()).doesNotContain("swordfish");
				JsonNode failed = json(server,
						"/actuator/metrics/mcp.security.audit.events?tag=sink:breaking&tag=result:failed");
				assertThat(failed.at("/measurements/0/value").asInt()).isEqualTo(1);
			});
			server.context().getBean(BreakingSink.class).broken = false;
			assertThat(call(server)).isEqualTo(200);
			await(() -> assertThat(json(server, "/actuator/health").at("/status").asString()).isEqualTo("UP"));
		}
	}

	@Test
	void whenDenyThenCallsAreRefusedUntilSinkWorksAgain() {
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				SecuredServer server = start(authorizationServer, "deny")) {
			BreakingSink sink = server.context().getBean(BreakingSink.class);
			assertThat(call(server)).isEqualTo(200);
			assertThat(sink.written).isEqualTo(1);
			sink.broken = true;
			// A refusal is the event that shows that the sink is broken.
			assertThat(server.send(server.post(null, "{}")).statusCode()).isEqualTo(401);
			await(() -> assertThat(call(server)).isEqualTo(503));
			sink.broken = false;
			await(() -> assertThat(call(server)).isEqualTo(200));
		}
	}

	private static SecuredServer start(TestAuthorizationServer authorizationServer, String onFailure) {
		return SecuredServer.start(Application.class, authorizationServer, "spring.ai.mcp.server.protocol=STATELESS",
				"mcp-security.audit.on-failure=" + onFailure, "management.endpoint.health.show-details=always",
				"management.endpoints.web.exposure.include=health,auditevents,metrics");
	}

	private static int call(SecuredServer server) {
		return server.callTool(server.token("records:browse").sign(), "browse", "{}").statusCode();
	}

	private static JsonNode json(SecuredServer server, String path) {
		return JsonMapper.shared().readTree(server.get(server.url(path)).body());
	}

	private static void await(Runnable assertion) {
		Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(assertion::run);
	}

	@Import({ RecordsApplication.class, BreakingSink.class })
	static class Application {

		@Bean
		SecurityFilterChain actuator(HttpSecurity http) {
			return http.securityMatcher("/actuator/**")
				.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll())
				.build();
		}

	}

	static class BreakingSink implements AuditSink {

		private volatile boolean broken;

		private volatile int written;

		@Override
		public String name() {
			return "breaking";
		}

		@Override
		public void write(List<McpAuditEvent> events) {
			if (this.broken) {
				throw new IllegalStateException("the password is swordfish");
			}
			this.written += events.size();
		}

	}

}
