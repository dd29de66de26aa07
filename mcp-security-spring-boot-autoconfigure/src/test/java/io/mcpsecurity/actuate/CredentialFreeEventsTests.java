package io.mcpsecurity.actuate;

import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import io.mcpsecurity.test.LookAlikes;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.boot.actuate.security.AuthenticationAuditListener;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.annotation.Order;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.authentication.event.AbstractAuthenticationEvent;
import org.springframework.security.authentication.event.AuthenticationFailureBadCredentialsEvent;
import org.springframework.security.authentication.event.AuthenticationSuccessEvent;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What Spring Boot records of the logins of an application whose other chains are a
 * resource server and a login with sessions: the starter's repository is the reason that
 * it records anything.
 */
class CredentialFreeEventsTests {

	private static final String FAILURE = AuthenticationAuditListener.AUTHENTICATION_FAILURE;

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		server = SecuredServer.start(TwoChains.class, authorizationServer, "keys=" + authorizationServer.issuer(),
				"management.endpoints.web.exposure.include=auditevents");
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	static Stream<String> badTokens() {
		String expired = token().claim("exp", Date.from(Instant.now().minusSeconds(3600))).sign();
		String good = token().sign();
		String forged = good.substring(0, good.length() - 12) + "AAAAAAAAAAAA";
		return Stream.of("opaque-secret-0123456789", "opaque.secret.0123456789", expired, forged,
				good.substring(0, good.lastIndexOf('.') + 1),
				LookAlikes.jwt("{\"alg\":\"none\"}", "{\"sub\":\"alice\"}", ""),
				"e30.bm90LWpzb24tc2VjcmV0.c2lnbmF0dXJlLXNlY3JldA", "aGVsbG8td29ybGQtc2VjcmV0.e30.AAAA");
	}

	@ParameterizedTest
	@MethodSource("badTokens")
	void noTokenThatIsRefusedGetsIntoAnEvent(String token) {
		int before = events(server).size();
		HttpResponse<String> response = call(token);
		assertThat(response.statusCode()).isEqualTo(401);
		List<AuditEvent> events = events(server);
		assertThat(events).hasSizeGreaterThan(before);
		for (AuditEvent event : events.subList(before, events.size())) {
			assertThat(event.getType()).isEqualTo(FAILURE);
			assertThat(event.getPrincipal()).isEmpty();
			assertThat(event.getData()).containsKeys("type", "details");
			assertHolds(event.toString(), token, false);
		}
		assertHolds(server.get(server.url("/actuator/auditevents")).body(), token, false);
	}

	@Test
	void theReasonOfARefusalIsKept() {
		call(token().claim("exp", Date.from(Instant.now().minusSeconds(3600))).sign());
		List<AuditEvent> events = events(server);
		assertThat(String.valueOf(events.get(events.size() - 1).getData().get("message"))).contains("expired");
	}

	@Test
	void aTokenThatIsAcceptedLeavesItsSubjectAndNoToken() {
		String token = token().sign();
		assertThat(call(token).statusCode()).isEqualTo(404);
		List<AuditEvent> events = events(server);
		AuditEvent event = events.get(events.size() - 1);
		assertThat(event.getType()).isEqualTo(AuthenticationAuditListener.AUTHENTICATION_SUCCESS);
		assertThat(event.getPrincipal()).isEqualTo("alice");
		assertHolds(event.toString(), token, false);
	}

	@Test
	void theApplicationsSpringBootListenerWouldTellTheToken() {
		try (SecuredServer boots = SecuredServer.start(TwoChains.class, authorizationServer,
				"keys=" + authorizationServer.issuer(), "boots-listener=true")) {
			String token = "opaque-secret-0123456789";
			boots.send(
					HttpRequest.newBuilder(URI.create(boots.url("/api/x"))).header("Authorization", "Bearer " + token));
			assertThat(events(boots)).isNotEmpty();
			assertHolds(events(boots).toString(), token, true);
		}
	}

	@Test
	void noSessionIdGetsIntoAnEvent() throws Exception {
		CookieManager cookies = new CookieManager();
		HttpClient client = HttpClient.newBuilder().cookieHandler(cookies).build();
		Set<String> sessions = new HashSet<>();
		int before = events(server).size();
		for (String credentials : List.of("nobody:", "bob:wrong", "bob:correct", "bob:correct")) {
			client.send(HttpRequest.newBuilder(URI.create(server.url("/pages/denied")))
				.header("Authorization",
						"Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)))
				.build(), BodyHandlers.discarding());
			cookies.getCookieStore().getCookies().forEach((cookie) -> sessions.add(cookie.getValue()));
		}
		List<AuditEvent> events = events(server).subList(before, events(server).size());
		assertThat(events).extracting(AuditEvent::getType)
			.contains(FAILURE, AuthenticationAuditListener.AUTHENTICATION_SUCCESS, "AUTHORIZATION_FAILURE");
		assertThat(events).extracting(AuditEvent::getPrincipal).contains("nobody", "bob");
		assertThat(sessions).isNotEmpty();
		assertThat(events.toString()).contains("127.0.0.1", "SessionId=null").doesNotContain(sessions);
	}

	@Test
	void aMessageThatQuotesTheTokenOrAPartOfItIsLeftOut() {
		for (String message : List.of("Bad: part-number-one.part-number-two", "part-number-two is no JSON")) {
			AuditEvent event = failure(new BearerTokenAuthenticationToken("part-number-one.part-number-two"), message);
			assertThat(event.getData()).containsOnlyKeys("type");
		}
	}

	@Test
	void detailsOfUnknownKindAreLeftOut() {
		BearerTokenAuthenticationToken token = new BearerTokenAuthenticationToken("secret-token");
		token.setDetails("Authorization: Bearer secret-token");
		assertThat(failure(token, "no").toString()).doesNotContain("secret-token");
	}

	@Test
	void aUserWhoseNameIsThePasswordIsStillNamed() {
		AuditEvent event = failure(UsernamePasswordAuthenticationToken.unauthenticated("admin", "admin"),
				"Bad credentials");
		assertThat(event.getPrincipal()).isEqualTo("admin");
	}

	@Test
	void nothingIsRecordedOfASuccessThatIsNamedByItsCredentials() {
		assertThat(recorded(new AuthenticationSuccessEvent(new BearerTokenAuthenticationToken("secret-token"))))
			.isEmpty();
	}

	private static AuditEvent failure(Authentication authentication, String message) {
		List<AuditEvent> events = recorded(
				new AuthenticationFailureBadCredentialsEvent(authentication, new BadCredentialsException(message)));
		assertThat(events).hasSize(1);
		return events.get(0);
	}

	private static List<AuditEvent> recorded(AbstractAuthenticationEvent event) {
		List<AuditEvent> events = new ArrayList<>();
		CredentialFreeAuthenticationAuditListener listener = new CredentialFreeAuthenticationAuditListener();
		listener.setApplicationEventPublisher(
				(published) -> events.add(((AuditApplicationEvent) published).getAuditEvent()));
		listener.onApplicationEvent(event);
		return events;
	}

	private static TestAuthorizationServer.Token token() {
		return authorizationServer.token("https://api.example").type("JWT");
	}

	private static HttpResponse<String> call(String token) {
		return server
			.send(HttpRequest.newBuilder(URI.create(server.url("/api/x"))).header("Authorization", "Bearer " + token));
	}

	private static List<AuditEvent> events(SecuredServer server) {
		return server.context().getBean(AuditEventRepository.class).find(null, null, null);
	}

	private static void assertHolds(String text, String token, boolean holds) {
		assertThat(text.contains(token)).as(text).isEqualTo(holds);
		for (String part : token.split("\\.")) {
			if (part.length() > 6) {
				assertThat(text.contains(part)).as(text).isEqualTo(holds);
			}
		}
	}

	/**
	 * An application with two chains of its own besides the starter's.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(BootsListener.class)
	static class TwoChains {

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
				.sessionManagement((session) -> session.sessionCreationPolicy(SessionCreationPolicy.ALWAYS))
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

	@ConditionalOnProperty("boots-listener")
	static class BootsListener {

		@Bean
		AuthenticationAuditListener bootsListener() {
			return new AuthenticationAuditListener();
		}

	}

}
