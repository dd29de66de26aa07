package io.mcpsecurity.sample.keycloak;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

import dasniko.testcontainers.keycloak.KeycloakContainer;
import io.mcpsecurity.autoconfigure.AuthorizationServerConnectionDetails;
import io.mcpsecurity.sample.SampleApplication;
import io.mcpsecurity.sample.SampleWithKeycloak;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIf;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.boot.testcontainers.service.connection.ServiceConnectionAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The issuer comes from a {@link KeycloakContainer} bean, and from no property.
 */
@DisabledIfSystemProperty(named = "keycloak.skip", matches = "true")
class KeycloakConnectionTests {

	private final int port = TestSocketUtils.findAvailableTcpPort();

	@Test
	void keycloakContainerBeanProvidesIssuer() throws Exception {
		try (ConfigurableApplicationContext sample = SpringApplication.from(SampleApplication::main)
			.with(Connected.class)
			.run("--server.port=" + this.port, "--sample.authorization-server.enabled=false")
			.getApplicationContext()) {
			assertThat(sample.isRunning()).isTrue();
			assertThat(issuer()).isEqualTo(KeycloakServer.shared().issuer());
			// The keys of the realm have been found.
			assertThat(get("/actuator/health")).contains("UP");
		}
	}

	@Test
	@EnabledIf("dockerAnswers")
	void sampleStartsKeycloakContainerForDevelopment() throws Exception {
		try (ConfigurableApplicationContext sample = SampleWithKeycloak.start("--server.port=" + this.port)
			.getApplicationContext()) {
			KeycloakContainer container = sample.getBean(KeycloakContainer.class);
			assertThat(issuer()).isEqualTo(container.getAuthServerUrl() + "/realms/mcp");
			assertThat(get("/actuator/health")).contains("UP");
		}
	}

	static boolean dockerAnswers() {
		return DockerClientFactory.instance().isDockerAvailable();
	}

	private String issuer() throws Exception {
		return JsonMapper.shared()
			.readTree(get("/.well-known/oauth-protected-resource/mcp"))
			.at("/authorization_servers/0")
			.asString();
	}

	@Test
	void containerLabelSelectsRealm() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(ServiceConnectionAutoConfiguration.class))
			.withUserConfiguration(Labelled.class)
			.run((context) -> assertThat(context.getBean(AuthorizationServerConnectionDetails.class).getIssuer())
				.isEqualTo(KeycloakServer.shared().url() + "/realms/other"));
	}

	private String get(String path) throws Exception {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(URI.create("http://localhost:" + this.port + path)).build(),
					BodyHandlers.ofString())
			.body();
	}

	/**
	 * The container. (Not a {@code @Configuration}, which the samples that other tests
	 * start would find.)
	 */
	static class Connected {

		@Bean
		@ServiceConnection
		KeycloakContainer keycloak() {
			return new RunningKeycloak();
		}

	}

	/**
	 * A container that says which realm is meant.
	 */
	static class Labelled {

		@Bean
		@ServiceConnection
		KeycloakContainer keycloak() {
			return new RunningKeycloak().withLabel("io.mcpsecurity.realm", "other");
		}

	}

	/**
	 * Stands for the server that the tests have in common, with or without Docker.
	 */
	private static final class RunningKeycloak extends KeycloakContainer {

		RunningKeycloak() {
			super("quay.io/keycloak/keycloak");
		}

		/**
		 * Not by the image's name, for which Docker would be asked.
		 */
		@Override
		protected Logger logger() {
			return LoggerFactory.getLogger(RunningKeycloak.class);
		}

		@Override
		public void start() {
			KeycloakServer.shared();
		}

		@Override
		public void stop() {
			// Others need it.
		}

		@Override
		public String getAuthServerUrl() {
			return KeycloakServer.shared().url();
		}

	}

}
