package io.mcpsecurity.sample.keycloak;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import io.mcpsecurity.sample.OAuthClient;
import io.mcpsecurity.sample.SampleApplication;
import io.mcpsecurity.test.McpResponse;
import io.mcpsecurity.test.McpTestClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A client whose tokens Keycloak does not stand by any more. One server asks Keycloak, as
 * the documentation has it, and the one of the other tests does not.
 */
class KeycloakRevocationTests extends KeycloakTestBase {

	private static final String AGENT = "admin-agent";

	/** With its id encoded (RFC 6749 section 2.3.1). */
	private static final String SERVER = URLEncoder.encode(RESOURCE, StandardCharsets.UTF_8) + ":mcp-server-secret";

	@TempDir
	private Path directory;

	private final int port = TestSocketUtils.findAvailableTcpPort();

	private final KeycloakAdmin admin = new KeycloakAdmin(keycloak());

	@Test
	void tokenOfDisabledClientIsRefusedAfterCacheTtl() throws IOException {
		String token = token();
		try (ConfigurableApplicationContext asking = SpringApplication.run(SampleApplication.class,
				"--server.port=" + this.port, "--sample.authorization-server.enabled=false",
				"--spring.config.additional-location=" + documented().toUri(),
				"--INTROSPECTION_SECRET=mcp-server-secret")) {
			assertThat(askAndBrowse(token)).containsText("Water levels");
			assertThat(browse(token)).containsText("Water levels");
			this.admin.enable(AGENT, false);
			await().atMost(PATIENCE).untilAsserted(() -> assertThat(askAndBrowse(token)).isUnauthorized());
			assertThat(askAndBrowse(token).challenge("error")).isEqualTo("invalid_token");
			await().atMost(PATIENCE)
				.untilAsserted(() -> assertThat(refusals(asking)).isNotEmpty()
					.allSatisfy((refusal) -> assertThat(refusal).containsEntry("reason", "inactive")));
			// Nothing else is wrong with the token.
			assertThat(browse(token)).containsText("Water levels");
			this.admin.enable(AGENT, true);
			await().atMost(PATIENCE).untilAsserted(() -> assertThat(askAndBrowse(token)).succeeded());
		}
		finally {
			this.admin.enable(AGENT, true);
		}
	}

	@Test
	void introspectionIsActiveOnlyForClientInAudience() {
		String token = token();
		assertThat(introspect(SERVER, token)).containsEntry("active", true).containsEntry("client_id", AGENT);
		assertThat(introspect("records-archive:records-archive-secret", token)).isEqualTo(Map.of("active", false));
	}

	/**
	 * The configuration that the documentation prints, with the addresses of this
	 * machine.
	 */
	private Path documented() throws IOException {
		String page = Files.readString(Path.of("../docs/providers/keycloak.md"));
		List<String> blocks = Pattern.compile("^```yaml\\R(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE)
			.matcher(page)
			.results()
			.map((block) -> block.group(1))
			.filter((block) -> block.contains("revocation-check:"))
			.toList();
		assertThat(blocks).hasSize(1);
		return Files.writeString(this.directory.resolve("documented.yml"),
				blocks.get(0)
					.replace("https://login.example.com/realms/mcp", keycloak().issuer())
					.replace("https://mcp.example.com/mcp", RESOURCE));
	}

	private McpResponse askAndBrowse(String token) {
		return new McpTestClient(URI.create("http://localhost:" + this.port + "/mcp"), null).withToken(token)
			.call("browse_records");
	}

	private static List<Map<String, Object>> refusals(ConfigurableApplicationContext sample) {
		return sample.getBean(AuditEventRepository.class)
			.find(null, null, null)
			.stream()
			.map(AuditEvent::getData)
			.filter((event) -> Integer.valueOf(401).equals(event.get("httpStatus")))
			.toList();
	}

	private static Map<String, Object> introspect(String client, String token) {
		String issuer = keycloak().issuer();
		return new OAuthClient(issuer, issuer + "/protocol/openid-connect/token/introspect", "")
			.token(client, "token", token)
			.body();
	}

	private static String token() {
		return client().clientCredentials(AGENT + ":admin-secret", "scope", BROWSE).accessToken();
	}

}
