package io.mcpsecurity.client;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.client.jdbc.JdbcClientDenials;
import io.mcpsecurity.test.Documentation;
import io.mcpsecurity.test.PostgresServer;
import io.mcpsecurity.test.RecordedEvents;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.RejectedEvents;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpHeaders;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A client that is denied while the server runs, over HTTP, with the denials in a real
 * PostgreSQL.
 */
class DeniedClientTests {

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";

	private static final RecordedEvents recorded = new RecordedEvents();

	private static final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private static HikariDataSource dataSource;

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		dataSource = PostgresServer.pool(PostgresServer.shared().newDatabase());
		createTable(dataSource);
		server = SecuredServer.start(DeniedApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.clients.store=jdbc",
				"mcp-security.clients.refresh-interval=100ms", "mcp-security.clients.deny=configured-*",
				"management.endpoints.web.exposure.include=mcpsecurity",
				"management.endpoint.mcpsecurity.access=unrestricted", "spring.security.user.name=operator",
				"spring.security.user.password=a-secret-of-the-operator");
	}

	@AfterAll
	static void stop() {
		server.close();
		dataSource.close();
		authorizationServer.close();
	}

	@Test
	void clientIsDeniedImmediatelyAndAuditedWithReason() {
		String token = server.token("records:browse").claim("client_id", "rogue").sign();
		assertThat(server.send(server.post(token, LIST)).statusCode()).isEqualTo(200);
		assertThat(change("{\"deny\":\"rogue\"}").body()).contains("\"denied\":[\"rogue\"]",
				"\"deny\":[\"configured-*\"]");
		HttpResponse<String> refused = server.send(server.post(token, LIST));
		assertThat(refused.statusCode()).isEqualTo(403);
		assertThat(refused.headers().firstValue("WWW-Authenticate")).isEmpty();
		assertThat(refused.body()).contains("-32013");
		await().atMost(Duration.ofSeconds(30)).until(() -> !ofRogue().isEmpty());
		assertThat(ofRogue()).hasSize(1)
			.allSatisfy((event) -> assertThat(event.data()).containsAllEntriesOf(
					Map.of("decision", "rejected", "reason", "client_denied", "client", "rogue", "subject", "alice")));
		assertThat(server.send(server.post(server.token("records:browse").sign(), LIST)).statusCode()).isEqualTo(200);
		assertThat(change("{\"undo\":\"rogue\"}").statusCode()).isEqualTo(200);
		assertThat(server.send(server.post(token, LIST)).statusCode()).isEqualTo(200);
	}

	@Test
	void clientDeniedByConfigurationCannotBeUndone() {
		String token = server.token("records:browse").claim("client_id", "configured-1").sign();
		change("{\"undo\":\"configured-*\"}");
		assertThat(server.send(server.post(token, LIST)).statusCode()).isEqualTo(403);
	}

	@Test
	void clientDeniedByOtherInstanceIsDeniedAfterRefreshInterval() {
		String token = server.token("records:browse").claim("client_id", "shared-rogue").sign();
		assertThat(server.send(server.post(token, LIST)).statusCode()).isEqualTo(200);
		ClientDenials another = new JdbcClientDenials(dataSource, 2);
		another.add("shared-rogue");
		another.add("shared-rogue");
		await().atMost(Duration.ofSeconds(30)).until(() -> server.send(server.post(token, LIST)).statusCode() == 403);
		another.remove("shared-rogue");
		another.remove("shared-rogue");
		await().atMost(Duration.ofSeconds(30)).until(() -> server.send(server.post(token, LIST)).statusCode() == 200);
	}

	@Test
	void whenDenialsWereNeverReadThenRequestsGet503() {
		try (SecuredServer fresh = SecuredServer.start(WithoutTableApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.clients.store=jdbc")) {
			String token = fresh.token("records:browse").sign();
			HttpResponse<String> refused = fresh.send(fresh.post(token, LIST));
			assertThat(refused.statusCode()).isEqualTo(503);
			assertThat(refused.headers().firstValue("Retry-After")).isPresent();
			assertThat(refused.headers().firstValue("WWW-Authenticate")).isEmpty();
			assertThat(refused.body()).contains("-32012").doesNotContain("mcp_client_denial");
			assertThat(fresh.context().getBean(RejectedEvents.class).next())
				.containsAllEntriesOf(Map.of("reason", "clients_unavailable", "subject", "alice", "httpStatus", 503));
			createTable(fresh.context().getBean(DataSource.class));
			assertThat(fresh.send(fresh.post(token, LIST)).statusCode()).isEqualTo(200);
		}
	}

	@Test
	void changeWithoutClientOrWithSeveralIsBadRequest() {
		for (String body : List.of("{}", "{\"deny\":\"\"}", "{\"deny\":\"a\",\"undo\":\"b\"}")) {
			assertThat(change(body).statusCode()).as(body).isEqualTo(400);
		}
	}

	private static void createTable(DataSource dataSource) {
		new JdbcTemplate(dataSource).execute(Documentation.blocks("docs/clients.md", "sql").get(0));
	}

	private static List<McpAuditEvent> ofRogue() {
		return recorded.list().stream().filter((event) -> "rogue".equals(event.data().get("client"))).toList();
	}

	private static HttpResponse<String> change(String body) {
		return server.send(HttpRequest.newBuilder(URI.create(server.url("/actuator/mcpsecurity")))
			.setHeader("Content-Type", "application/json")
			.setHeader(HttpHeaders.AUTHORIZATION,
					"Basic " + HttpHeaders.encodeBasicAuth("operator", "a-secret-of-the-operator", null))
			.POST(BodyPublishers.ofString(body)));
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(RecordsApplication.Records.class)
	static class DeniedApplication {

		@Bean
		DataSource dataSource() {
			return dataSource;
		}

		@Bean
		SecurityFilterChain operators(HttpSecurity http) {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().authenticated())
				.httpBasic(Customizer.withDefaults())
				.csrf((csrf) -> csrf.disable())
				.build();
		}

		@Bean
		RecordedEvents recordedEvents() {
			return recorded;
		}

	}

	/**
	 * A server whose database is there and has not the table.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(RecordsApplication.Records.class)
	static class WithoutTableApplication {

		@Bean
		HikariDataSource emptyDataSource() {
			return PostgresServer.pool(PostgresServer.shared().newDatabase());
		}

		@Bean
		RejectedEvents rejectedEvents() {
			return new RejectedEvents();
		}

	}

}
