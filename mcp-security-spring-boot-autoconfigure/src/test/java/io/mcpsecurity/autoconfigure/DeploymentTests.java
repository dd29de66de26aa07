package io.mcpsecurity.autoconfigure;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.boot.web.servlet.support.SpringBootServletInitializer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * However an application is deployed, the endpoint is where its resource identifier says,
 * and the challenge names a URL at which the metadata is.
 */
class DeploymentTests {

	private static final Pattern METADATA = Pattern.compile("resource_metadata=\"([^\"]+)\"");

	private static final HttpClient http = HttpClient.newHttpClient();

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
	void endpointIsServedBelowServletPath() throws Exception {
		try (SecuredServer server = SecuredServer.start(RecordsApplication.class, authorizationServer,
				"spring.mvc.servlet.path=/api")) {
			assertThat(server.url()).endsWith("/api/mcp");
			assertIsServed(server.url());
		}
	}

	@Test
	void endpointIsServedBelowContextPathAndServletPath() throws Exception {
		try (SecuredServer server = SecuredServer.start(RecordsApplication.class, authorizationServer,
				"server.servlet.context-path=/research", "spring.mvc.servlet.path=/api")) {
			assertThat(server.url()).endsWith("/research/api/mcp");
			assertIsServed(server.url());
		}
	}

	@Test
	void whenLazyInitializationThenEndpointIsServed() throws Exception {
		try (SecuredServer server = SecuredServer.start(RecordsApplication.class, authorizationServer,
				"spring.main.lazy-initialization=true")) {
			assertIsServed(server.url());
		}
	}

	@Test
	void whenManagementPortDiffersThenEndpointsAreSecuredOnBothPorts() throws Exception {
		int port = TestSocketUtils.findAvailableTcpPort();
		try (SecuredServer server = SecuredServer.start(RecordsApplication.class, authorizationServer,
				"management.server.port=" + port, "management.endpoints.web.exposure.include=health,mcpsecurity")) {
			assertIsServed(server.url());
			String other = "http://localhost:" + port;
			assertThat(send(HttpRequest.newBuilder(URI.create(other + "/actuator/health"))).statusCode())
				.isEqualTo(200);
			assertThat(send(HttpRequest.newBuilder(URI.create(other + "/actuator/mcpsecurity"))).statusCode())
				.isEqualTo(401);
			assertThat(send(HttpRequest.newBuilder(URI.create(other + "/mcp"))).statusCode()).isEqualTo(401);
		}
	}

	/**
	 * The actuator is another server there, and chains for its endpoints apply only to
	 * that.
	 */
	@ParameterizedTest
	@CsvSource({ "None, any audience", "ActuatorChain, any audience", "OpenActuatorChain, no authentication" })
	void whenManagementPortDiffersThenWriteOperationsWithoutRestrictedChainFailStartup(String chain, String reason) {
		assertThat(Refusal.of(catchThrowable(() -> startWritable(chain).close())).reason()).contains(reason);
	}

	@Test
	void whenManagementPortDiffersThenWriteOperationsWithOperatorChainAreAllowed() {
		assertThatNoException().isThrownBy(() -> startWritable("ActuatorOperatorChain").close());
	}

	private static SecuredServer startWritable(String chain) {
		return SecuredServer.start(ActuatorChains.class, authorizationServer, "chain=" + chain,
				"management.server.port=" + TestSocketUtils.findAvailableTcpPort(),
				"spring.security.oauth2.resourceserver.jwt.issuer-uri=" + authorizationServer.issuer(),
				"management.endpoints.web.exposure.include=mcpsecurity",
				"management.endpoint.mcpsecurity.access=unrestricted");
	}

	/**
	 * As a WAR is deployed: the container has the context path, and no property does.
	 */
	@Test
	void endpointIsServedBelowContextPathOfExternalContainer(@TempDir Path directory) throws Exception {
		int port = TestSocketUtils.findAvailableTcpPort();
		String url = "http://localhost:" + port + "/research/mcp";
		Tomcat tomcat = new Tomcat();
		tomcat.setBaseDir(directory.toString());
		tomcat.setPort(port);
		tomcat.getConnector();
		Context context = tomcat.addContext("/research", directory.toString());
		context.setParentClassLoader(DeploymentTests.class.getClassLoader());
		context.addServletContainerInitializer(
				(classes, servletContext) -> new Initializer(url).onStartup(servletContext), null);
		tomcat.start();
		try {
			assertIsServed(url);
		}
		finally {
			tomcat.stop();
			tomcat.destroy();
		}
	}

	private static void assertIsServed(String url) throws Exception {
		HttpResponse<String> refused = send(HttpRequest.newBuilder(URI.create(url)).GET());
		assertThat(refused.statusCode()).isEqualTo(401);
		Matcher metadata = METADATA.matcher(refused.headers().firstValue("WWW-Authenticate").orElseThrow());
		assertThat(metadata.find()).isTrue();
		HttpResponse<String> described = send(HttpRequest.newBuilder(URI.create(metadata.group(1))).GET());
		assertThat(described.statusCode()).isEqualTo(200);
		assertThat(SecuredServer.json(described).path("resource").asString()).isEqualTo(url);
		HttpResponse<String> opened = send(HttpRequest.newBuilder(URI.create(url))
			.header("Authorization", "Bearer " + authorizationServer.token(url).sign())
			.header("Content-Type", "application/json")
			.header("Accept", "application/json, text/event-stream")
			.POST(HttpRequest.BodyPublishers.ofString("""
					{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
					"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""")));
		assertThat(opened.statusCode()).isEqualTo(200);
		assertThat(opened.body()).contains("serverInfo");
	}

	private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
		return http.send(request.build(), BodyHandlers.ofString());
	}

	private static final class Initializer extends SpringBootServletInitializer {

		private final String url;

		Initializer(String url) {
			this.url = url;
		}

		@Override
		protected SpringApplicationBuilder configure(SpringApplicationBuilder builder) {
			return builder.sources(RecordsApplication.class)
				.properties("spring.ai.mcp.server.protocol=STREAMABLE", "mcp-security.resource=" + this.url,
						"mcp-security.authorization-servers=" + authorizationServer.issuer(),
						"spring.main.banner-mode=off", "logging.level.root=warn", "spring.jmx.enabled=false");
		}

	}

	/**
	 * A chain for the actuator, and one for all other requests with which that for the
	 * actuator must not be confused.
	 */
	@Configuration(proxyBeanMethods = false)
	@Import(RecordsApplication.class)
	static class ActuatorChains {

		@Bean
		@Order(1)
		@ConditionalOnExpression("'${chain}' != 'None'")
		SecurityFilterChain actuator(HttpSecurity http, @Value("${chain}") String chain) {
			return http.securityMatcher(EndpointRequest.toAnyEndpoint()).authorizeHttpRequests((requests) -> {
				switch (chain) {
					case "OpenActuatorChain" -> requests.anyRequest().permitAll();
					case "ActuatorChain" -> requests.anyRequest().authenticated();
					default -> requests.anyRequest().hasAuthority("SCOPE_operate");
				}
			}).oauth2ResourceServer((server) -> server.jwt(Customizer.withDefaults())).build();
		}

		@Bean
		@Order(2)
		@ConditionalOnExpression("'${chain}' != 'None'")
		SecurityFilterChain others(HttpSecurity http, @Value("${chain}") String chain) {
			return http.authorizeHttpRequests((requests) -> {
				if (chain.equals("ActuatorOperatorChain")) {
					requests.anyRequest().authenticated();
				}
				else {
					requests.anyRequest().denyAll();
				}
			}).oauth2ResourceServer((server) -> server.jwt(Customizer.withDefaults())).build();
		}

	}

}
