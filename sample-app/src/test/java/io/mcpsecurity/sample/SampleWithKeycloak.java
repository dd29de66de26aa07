package io.mcpsecurity.sample;

import java.time.Duration;

import dasniko.testcontainers.keycloak.KeycloakContainer;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.annotation.Bean;
import org.springframework.util.StringUtils;

/**
 * Starts the sample with a Keycloak in a container as its authorization server, for
 * development. No property says where that is: the container does.
 */
public final class SampleWithKeycloak {

	private SampleWithKeycloak() {
	}

	public static void main(String[] args) {
		start(args);
	}

	/**
	 * Start the sample and the container.
	 * @param args arguments of the sample
	 */
	public static SpringApplication.Running start(String... args) {
		return SpringApplication.from(SampleApplication::main)
			.with(Keycloak.class)
			.run(StringUtils.addStringToArray(args, "--sample.authorization-server.enabled=false"));
	}

	/**
	 * The container. (Not a {@code @Configuration}, which the samples that other tests
	 * start would find.)
	 */
	static class Keycloak {

		@Bean
		@ServiceConnection
		KeycloakContainer keycloak() {
			return new KeycloakContainer("quay.io/keycloak/keycloak:26.7.3").withRealmImportFile("realm-mcp.json")
				.withStartupTimeout(Duration.ofMinutes(5));
		}

	}

}
