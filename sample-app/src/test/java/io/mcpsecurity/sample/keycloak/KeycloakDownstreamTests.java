package io.mcpsecurity.sample.keycloak;

import java.net.URI;
import java.util.Map;

import io.mcpsecurity.sample.OAuthClient;
import io.mcpsecurity.sample.SampleApplication;
import io.mcpsecurity.test.McpResponse;
import io.mcpsecurity.test.McpTestClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A sample whose tokens a real Keycloak exchanges, and that requires a stronger sign-in
 * for one tool.
 */
@DisabledIfSystemProperty(named = "keycloak.skip", matches = "true")
class KeycloakDownstreamTests {

	private static final int PORT = TestSocketUtils.findAvailableTcpPort();

	private static final String ENDPOINT = "http://localhost:" + PORT + "/mcp";

	private static ConfigurableApplicationContext sample;

	@BeforeAll
	static void start() {
		sample = new SpringApplicationBuilder(SampleApplication.class).profiles("keycloak", "archive")
			.run("--server.port=" + PORT, "--mcp-security.resource=" + KeycloakTestBase.RESOURCE,
					"--mcp-security.metadata.url=http://localhost:" + PORT
							+ "/.well-known/oauth-protected-resource/mcp",
					"--spring.security.oauth2.resourceserver.jwt.issuer-uri=" + KeycloakServer.shared().issuer(),
					"--mcp-security.policy.rules[0].tools=export_records",
					"--mcp-security.policy.rules[0].acr=confirmed");
	}

	@AfterAll
	static void stop() {
		sample.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "alice", "bob" })
	void archiveReceivesExchangedTokenOfUser(String user) {
		String token = KeycloakTestBase.signIn(user, KeycloakTestBase.BROWSE).accessToken();
		McpResponse response = call(token, "order_reprint", Map.of("record", 3));
		assertThat(response).succeeded();
		JsonNode reprint = JsonMapper.shared().readTree(response.text());
		assertThat(reprint.path("orderedFor").asString()).isEqualTo(OAuthClient.claims(token).get("sub"));
		assertThat(reprint.path("audience").asString()).isEqualTo("records-archive");
	}

	@Test
	void clientStepsUpToRequestedAcr() {
		try (KeycloakUser alice = new KeycloakUser(KeycloakServer.shared(), "alice")) {
			String[] scopes = { KeycloakTestBase.BROWSE, KeycloakTestBase.EXPORT };
			var request = KeycloakTestBase.inspectorRequest(scopes);
			String token = KeycloakTestBase.client()
				.redeem(request, alice.authorize(request).get("code"))
				.accessToken();
			McpResponse denied = export(token);
			assertThat(denied.status()).isEqualTo(401);
			assertThat(denied.challenge("error")).isEqualTo("insufficient_user_authentication");
			var again = KeycloakTestBase.inspectorRequest(scopes).with("acr_values", denied.challenge("acr_values"));
			String stronger = KeycloakTestBase.client().redeem(again, alice.authorize(again).get("code")).accessToken();
			assertThat(export(stronger)).succeeded();
		}
	}

	private static McpResponse export(String token) {
		return call(token, "export_records", Map.of("format", "csv"));
	}

	private static McpResponse call(String token, String tool, Map<String, ?> arguments) {
		return new McpTestClient(URI.create(ENDPOINT), null).withToken(token).call(tool, arguments);
	}

}
