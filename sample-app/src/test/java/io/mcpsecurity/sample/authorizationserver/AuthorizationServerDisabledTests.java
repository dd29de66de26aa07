package io.mcpsecurity.sample.authorizationserver;

import io.mcpsecurity.sample.OAuthClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Another issuer is trusted, and nothing of this one is left.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "sample.authorization-server.enabled=false",
				"spring.security.oauth2.resourceserver.jwt.issuer-uri=https://issuer.example",
				"mcp.security.resource=http://localhost/mcp" })
class AuthorizationServerDisabledTests {

	@LocalServerPort
	private int port;

	@ParameterizedTest
	@ValueSource(strings = { "/.well-known/oauth-authorization-server", "/oauth2/jwks", "/oauth2/authorize", "/login",
			"/consent", "/admin/clients" })
	void nothingIsAnswered(String path) {
		assertThat(new OAuthClient("http://localhost:" + this.port).get(path).status()).isBetween(400, 499);
	}

	@Test
	void noneOfTheBeansIsThere(@Autowired ApplicationContext context) {
		String here = getClass().getPackageName() + ".";
		assertThat(context.getBeanDefinitionNames()).allSatisfy((name) -> {
			Class<?> type = context.getType(name);
			assertThat((type != null) ? type.getName() : "").doesNotStartWith(here);
		});
	}

}
