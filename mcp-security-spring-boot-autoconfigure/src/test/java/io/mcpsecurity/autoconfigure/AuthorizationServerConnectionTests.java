package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.token.IssuerKeys;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An authorization server that is known from elsewhere than from properties.
 */
class AuthorizationServerConnectionTests {

	private final WebApplicationContextRunner runner = new WebApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues("mcp-security.resource=https://mcp.example.com/mcp",
				"spring.ai.mcp.server.protocol=STREAMABLE", "spring.main.banner-mode=off", "spring.jmx.enabled=false");

	@Test
	void issuerFromConnectionDetailsIsUsed() {
		assertThatIssuersAre(connected("https://found.example/realms/main"), "https://found.example/realms/main");
	}

	@Test
	void connectionDetailsTakePrecedenceOverProperties() {
		assertThatIssuersAre(
				connected("https://found.example").withPropertyValues(
						"mcp-security.authorization-servers=https://one.example,https://two.example",
						"spring.security.oauth2.resourceserver.jwt.issuer-uri=https://three.example"),
				"https://found.example");
	}

	@Test
	void issuerFromConnectionDetailsIsValidated() {
		connected("http://found.example").run((context) -> assertThat(context).getFailure()
			.rootCause()
			.isInstanceOf(InvalidConfigurationPropertyValueException.class)
			.hasMessageContaining("AuthorizationServerConnectionDetails[0].issuer")
			.hasMessageContaining("uses http for another machine"));
	}

	private WebApplicationContextRunner connected(String issuer) {
		return this.runner.withBean(AuthorizationServerConnectionDetails.class, () -> () -> issuer);
	}

	private static void assertThatIssuersAre(WebApplicationContextRunner runner, String... issuers) {
		runner.run((context) -> assertThat(context.getBean(AuthorizationServers.class).keys())
			.extracting(IssuerKeys::issuer)
			.containsExactly(issuers));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
