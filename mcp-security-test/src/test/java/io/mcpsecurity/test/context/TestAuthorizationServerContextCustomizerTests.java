package io.mcpsecurity.test.context;

import java.util.Map;

import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.Test;

import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.test.context.MergedContextConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Which properties are replaced, and which are kept.
 */
class TestAuthorizationServerContextCustomizerTests {

	private static final String SERVER = "mcp-security.authorization-servers[0].";

	private static final String BOOT = "spring.security.oauth2.resourceserver.jwt.";

	@Test
	void theFirstAuthorizationServerIsReplacedWithItsKeysAndKeepsTheRest() {
		Map<String, Object> properties = customized(Map.of(SERVER + "issuer", "https://login.example.com",
				SERVER + "provider", "entra", SERVER + "audiences[0]", "an-id", SERVER + "claims.scopes", "scp,roles",
				SERVER + "jwk-set-uri", "https://login.example.com/keys", SERVER + "introspection.client-secret",
				"${SECRET_OF_PRODUCTION}", "mcp-security.authorization-servers[1].issuer", "https://other.example"));
		assertThat(properties)
			.containsOnlyKeys(SERVER + "issuer", SERVER + "provider", SERVER + "audiences[0]", SERVER + "claims.scopes")
			.containsEntry(SERVER + "provider", "entra")
			.extractingByKey(SERVER + "issuer")
			.asString()
			.startsWith("http://localhost:");
	}

	@Test
	void anIssuerThatIsAListByItselfIsReplaced() {
		assertThat(customized(Map.of("mcp-security.authorization-servers", "https://login.example.com",
				BOOT + "issuer-uri", "https://login.example.com")))
			.containsOnlyKeys(SERVER + "issuer");
	}

	@Test
	void theIssuerOfSpringBootIsReplaced() {
		assertThat(customized(Map.of(BOOT + "issuer-uri", "https://login.example.com")))
			.containsOnlyKeys(BOOT + "issuer-uri");
		assertThat(customized(Map.of(BOOT + "issuer-uri", "https://login.example.com", BOOT + "jwk-set-uri",
				"https://login.example.com/keys")))
			.hasEntrySatisfying(BOOT + "jwk-set-uri",
					(uri) -> assertThat(uri).asString().matches("http://localhost:\\d+/keys"));
	}

	@Test
	void withoutConfigurationThereIsOne() {
		assertThat(customized(Map.of())).containsOnlyKeys(SERVER + "issuer");
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> customized(Map<String, Object> properties) {
		try (GenericApplicationContext context = new GenericApplicationContext()) {
			ConfigurableEnvironment environment = new StandardEnvironment();
			environment.getPropertySources().addFirst(new MapPropertySource("configured", properties));
			context.setEnvironment(environment);
			new TestAuthorizationServerContextCustomizer().customizeContext(context,
					mock(MergedContextConfiguration.class));
			assertThat(context.getBeanDefinitionNames()).contains(TestAuthorizationServer.class.getName());
			return (Map<String, Object>) environment.getPropertySources().iterator().next().getSource();
		}
	}

}
