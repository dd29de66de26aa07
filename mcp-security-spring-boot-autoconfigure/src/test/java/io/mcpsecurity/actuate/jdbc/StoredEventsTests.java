package io.mcpsecurity.actuate.jdbc;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;

import com.zaxxer.hikari.HikariDataSource;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.test.PostgresServer;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpHeaders;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtDecoders;
import org.springframework.security.oauth2.jwt.SupplierJwtDecoder;
import org.springframework.security.web.SecurityFilterChain;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The database in a whole application: an MCP server beside an API and actuator.
 */
class StoredEventsTests {

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		server = SecuredServer.start(Application.class, authorizationServer,
				"test.issuer=" + authorizationServer.issuer(), "test.database=" + PostgresServer.shared().newDatabase(),
				"mcp-security.audit.jdbc.enabled=true", "mcp-security.audit.jdbc.initialize-schema=always",
				"management.endpoints.web.exposure.include=auditevents", "spring.security.user.name=operator",
				"spring.security.user.password=operator");
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@Test
	void storedEventsAreReturnedByActuator() throws Exception {
		McpAuditEvent event = Events.call();
		server.context().getBean(JdbcAuditEventRepository.class).write(List.of(event));
		HttpResponse<String> response = get("/actuator/auditevents?type=MCP_CALL&principal=alice", credentials());
		assertThat(response.statusCode()).isEqualTo(200);
		JsonNode shown = JsonMapper.shared().readTree(response.body()).at("/events/0");
		assertThat(shown.path("timestamp").asString()).isEqualTo(event.timestamp().toString());
		assertThat(shown.path("principal").asString()).isEqualTo("alice");
		assertThat(shown.path("data")).isEqualTo(JsonMapper.shared().valueToTree(event.data()));
	}

	@Test
	void successfulLoginsAreStored() {
		get("/actuator/auditevents", credentials());
		assertThat(rows("AUTHENTICATION_SUCCESS")).contains("operator", "127.0.0.1");
	}

	@Test
	void failedLoginIsStoredWithUserName() {
		get("/actuator/auditevents", "Basic " + HttpHeaders.encodeBasicAuth("eve", "s3cr3t", null));
		assertThat(rows("AUTHENTICATION_FAILURE")).contains("principal=eve").doesNotContain("s3cr3t");
	}

	@Test
	void tokenRefusedByOtherChainIsNotStored() {
		String token = server.token("records:browse").sign();
		String bad = token.substring(0, token.lastIndexOf('.')) + ".c2lnbmF0dXJl";
		assertThat(get("/api", "Bearer " + bad).statusCode()).isEqualTo(401);
		assertThat(get("/api", "Bearer no-jwt-at-all").statusCode()).isEqualTo(401);
		assertThat(rows("AUTHENTICATION_FAILURE")).contains("InvalidBearerTokenException")
			.doesNotContain(bad.substring(0, 40), "no-jwt-at-all");
	}

	private static String rows(String type) {
		return new JdbcTemplate(server.context().getBean(HikariDataSource.class))
			.queryForList("select * from mcp_audit_event where type = ?", type)
			.toString();
	}

	private static HttpResponse<String> get(String path, String authorization) {
		return server.send(HttpRequest.newBuilder(URI.create(server.url(path)))
			.setHeader(HttpHeaders.AUTHORIZATION, authorization));
	}

	private static String credentials() {
		return "Basic " + HttpHeaders.encodeBasicAuth("operator", "operator", null);
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(RecordsApplication.class)
	static class Application {

		@Bean
		HikariDataSource dataSource(@Value("${test.database}") String url) {
			return PostgresServer.pool(url);
		}

		@Bean
		SecurityFilterChain api(HttpSecurity http, @Value("${test.issuer}") String issuer) {
			JwtDecoder decoder = new SupplierJwtDecoder(() -> JwtDecoders.fromIssuerLocation(issuer));
			return http.securityMatcher("/api")
				.authorizeHttpRequests((requests) -> requests.anyRequest().authenticated())
				.oauth2ResourceServer((server) -> server.jwt((jwt) -> jwt.decoder(decoder)))
				.build();
		}

		@Bean
		SecurityFilterChain everythingElse(HttpSecurity http) {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().authenticated())
				.httpBasic(Customizer.withDefaults())
				.build();
		}

	}

}
