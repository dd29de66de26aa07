package io.mcpsecurity.sample.authorizationserver;

import java.util.List;
import java.util.Map;

import io.mcpsecurity.sample.OAuthClient;
import io.mcpsecurity.sample.OAuthClient.Answer;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The registration endpoint is open, but not without bounds.
 */
@SpringBootTest(webEnvironment = WebEnvironment.DEFINED_PORT,
		properties = "mcp-authorization-server.registration.max-clients=2")
class RegistrationLimitTests {

	private static final int PORT = TestSocketUtils.findAvailableTcpPort();

	@DynamicPropertySource
	static void port(DynamicPropertyRegistry properties) {
		properties.add("server.port", () -> PORT);
	}

	@Test
	void registrationBeyondLimitIsRefused() {
		OAuthClient client = new OAuthClient("http://localhost:" + PORT);
		Map<String, ?> metadata = Map.of("redirect_uris", List.of("https://app.example/"));
		assertThat(client.register(metadata).status()).isEqualTo(201);
		assertThat(client.register(metadata).status()).isEqualTo(201);
		Answer third = client.register(metadata);
		assertThat(third.status()).isEqualTo(400);
		assertThat(third.body()).containsEntry("error", "temporarily_unavailable");
		assertThat(client.clientCredentials("analyst-agent:analyst-secret").status()).isEqualTo(200);
	}

}
