package io.mcpsecurity.actuate;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.actuate.audit.AuditEventsEndpoint;
import org.springframework.boot.actuate.audit.InMemoryAuditEventRepository;
import org.springframework.boot.actuate.audit.listener.AbstractAuditListener;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.boot.actuate.security.AbstractAuthenticationAuditListener;
import org.springframework.boot.actuate.security.AbstractAuthorizationAuditListener;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of the logins of an application whose other chains are a resource server
 * and a login with passwords: the same as without the starter.
 */
class LoginEventsTests {

	private static final Class<?>[] LISTENERS = { AbstractAuditListener.class,
			AbstractAuthenticationAuditListener.class, AbstractAuthorizationAuditListener.class };

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
	}

	@AfterAll
	static void stop() {
		authorizationServer.close();
	}

	@Test
	void starterDoesNotCauseRecordingOfLogins() {
		try (SecuredServer server = start("mcp-security.enabled=true")) {
			useTheApplication(server);
			assertThat(published(server)).isEmpty();
			for (Class<?> listener : LISTENERS) {
				assertThat(server.context().getBeanNamesForType(listener)).isEmpty();
			}
			server.send(server.post(null, "{}"));
			Awaitility.await().until(() -> !published(server).isEmpty());
			assertThat(published(server)).containsExactly("MCP_AUTHENTICATION_FAILED, ");
			HttpResponse<String> shown = server.get(server.url("/actuator/auditevents"));
			JsonNode events = JsonMapper.shared().readTree(shown.body()).path("events");
			assertThat(events).hasSize(1);
			assertThat(events.at("/0/type").asString()).isEqualTo("MCP_AUTHENTICATION_FAILED");
			assertThat(events.at("/0/data/httpStatus").asInt()).isEqualTo(401);
		}
	}

	@Test
	void whenStarterDisabledThenNoAuditEventsArePublished() {
		try (SecuredServer server = start("mcp-security.enabled=false")) {
			useTheApplication(server);
			assertThat(published(server)).isEmpty();
			for (Class<?> listener : LISTENERS) {
				assertThat(server.context().getBeanNamesForType(listener)).isEmpty();
			}
			assertThat(server.context().getBeanNamesForType(AuditEventsEndpoint.class)).isEmpty();
		}
	}

	@Test
	void auditRepositoryOfApplicationGetsSameLoginEventsWithAndWithoutStarter() {
		List<String> with = recorded("mcp-security.enabled=true");
		assertThat(with).isEqualTo(recorded("mcp-security.enabled=false"));
		// It is Spring Boot that names refused tokens.
		assertThat(with).contains("AUTHENTICATION_SUCCESS, bob", "AUTHENTICATION_FAILURE, eve",
				"AUTHENTICATION_FAILURE, no-token", "AUTHORIZATION_FAILURE, bob");
	}

	private static List<String> recorded(String starter) {
		try (SecuredServer server = start(starter, "own-repository=true")) {
			useTheApplication(server);
			List<AuditEvent> events = server.context().getBean(AuditEventRepository.class).find(null, null, null);
			List<String> recorded = events.stream().map(LoginEventsTests::text).toList();
			assertThat(published(server)).isEqualTo(recorded);
			assertThat(server.context().getBeanNamesForType(McpAuditEventRepository.class)).isEmpty();
			List<String> beans = Stream
				.concat(Stream.of(LISTENERS), Stream.of(AuditEventRepository.class, AuditEventsEndpoint.class))
				.flatMap((type) -> server.context().getBeansOfType(type).values().stream())
				.map((bean) -> bean.getClass().getName())
				.toList();
			return Stream.concat(recorded.stream(), beans.stream()).toList();
		}
	}

	private static SecuredServer start(String... properties) {
		return SecuredServer
			.start(Application.class, authorizationServer,
					Stream
						.concat(Stream.of(properties),
								Stream.of("keys=" + authorizationServer.issuer(),
										"management.endpoints.web.exposure.include=auditevents"))
						.toArray(String[]::new));
	}

	private static void useTheApplication(SecuredServer server) {
		String token = authorizationServer.token("https://api.example").type("JWT").sign();
		assertThat(get(server, "/api/x", "Bearer " + token)).isEqualTo(404);
		assertThat(get(server, "/api/x", "Bearer no-token")).isEqualTo(401);
		assertThat(get(server, "/pages/x", basic("bob:correct"))).isEqualTo(404);
		assertThat(get(server, "/pages/x", basic("eve:s3cr3t"))).isEqualTo(401);
		assertThat(get(server, "/pages/denied", basic("bob:correct"))).isEqualTo(403);
	}

	private static int get(SecuredServer server, String path, String authorization) {
		return server.send(HttpRequest.newBuilder(URI.create(server.url(path))).header("Authorization", authorization))
			.statusCode();
	}

	private static String basic(String credentials) {
		return "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
	}

	private static List<String> published(SecuredServer server) {
		return server.context().getBean(Listener.class).events;
	}

	private static String text(AuditEvent event) {
		return event.getType() + ", " + event.getPrincipal();
	}

	/**
	 * An application with chains of its own besides the starter's, which listens to audit
	 * events.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ Listener.class, OwnRepository.class })
	static class Application {

		@Bean
		JwtDecoder jwtDecoder(@Value("${keys}") String issuer) {
			return NimbusJwtDecoder.withJwkSetUri(issuer + "/keys").build();
		}

		@Bean
		UserDetailsService users() {
			return new InMemoryUserDetailsManager(
					User.withUsername("bob").password("{noop}correct").authorities("reader").build());
		}

		@Bean
		@Order(1)
		SecurityFilterChain api(HttpSecurity http, JwtDecoder decoder) {
			return http.securityMatcher("/api/**")
				.authorizeHttpRequests((requests) -> requests.anyRequest().authenticated())
				.oauth2ResourceServer((server) -> server.jwt((jwt) -> jwt.decoder(decoder)))
				.build();
		}

		@Bean
		@Order(2)
		SecurityFilterChain pages(HttpSecurity http) {
			return http.securityMatcher("/pages/**")
				.authorizeHttpRequests(
						(requests) -> requests.requestMatchers("/pages/denied").denyAll().anyRequest().authenticated())
				.httpBasic(Customizer.withDefaults())
				.build();
		}

		@Bean
		@Order(3)
		SecurityFilterChain actuator(HttpSecurity http) {
			return http.securityMatcher("/actuator/**")
				.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll())
				.build();
		}

	}

	static class Listener {

		private final List<String> events = new CopyOnWriteArrayList<>();

		@EventListener
		void on(AuditApplicationEvent event) {
			this.events.add(text(event.getAuditEvent()));
		}

	}

	@ConditionalOnProperty("own-repository")
	static class OwnRepository {

		@Bean
		AuditEventRepository ownRepository() {
			return new InMemoryAuditEventRepository();
		}

	}

}
