package io.mcpsecurity.autoconfigure;

import java.util.Map;
import java.util.stream.Stream;

import io.mcpsecurity.test.RecordsApplication;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * What is refused and logged at start about client certificates.
 */
@ExtendWith(OutputCaptureExtension.class)
class SenderConstraintConfigurationTests {

	@ParameterizedTest
	@ValueSource(strings = { "server.forward-headers-strategy=native", "spring.main.cloud-platform=kubernetes",
			"server.tomcat.remoteip.remote-ip-header=X-Forwarded-For",
			"server.tomcat.remoteip.protocol-header=X-Forwarded-Proto" })
	void headerIsRefusedIfTheWebServerReplacesAddresses(String property, CapturedOutput output) {
		assertThat(catchThrowable(() -> start("mcp-security.mutual-tls.certificate-header=Client-Cert",
				"mcp-security.mutual-tls.trusted-proxies=10.0.0.1", property)))
			.isNotNull();
		assertThat(output).contains("mcp-security.mutual-tls.certificate-header",
				"Set server.forward-headers-strategy to framework or none, and no property server.tomcat.remoteip.");
	}

	@Test
	void missingCertificatesAreLogged(CapturedOutput output) {
		start("mcp-security.mutual-tls.mode=allowed");
		assertThat(output)
			.contains("unless the web server requests client certificates: set server.ssl.client-auth=want");
	}

	private static void start(String... properties) {
		SpringApplication application = new SpringApplication(RecordsApplication.class);
		application.setRegisterShutdownHook(false);
		application.setDefaultProperties(Map.of("server.port", "0", "spring.main.banner-mode", "off",
				"spring.jmx.enabled", "false", "mcp-security.resource", "https://mcp.example.com/mcp",
				"mcp-security.authorization-servers", "https://login.example.com"));
		application.run(Stream.of(properties).map((property) -> "--" + property).toArray(String[]::new)).close();
	}

}
