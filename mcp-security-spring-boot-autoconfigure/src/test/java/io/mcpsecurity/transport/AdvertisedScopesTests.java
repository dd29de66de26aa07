package io.mcpsecurity.transport;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.McpTool.McpAnnotations;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which scopes a client without a token learns from the challenge and from the metadata,
 * over HTTP.
 */
class AdvertisedScopesTests {

	private static final Pattern CHALLENGE = Pattern
		.compile("Bearer resource_metadata=\"([^\"]*)\"(?:, scope=\"([^\"]*)\")?");

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
	}

	@AfterAll
	static void stop() {
		authorizationServer.close();
	}

	@ParameterizedTest
	@CsvSource({ "'', browse read", "minimal, browse read", "declared, browse purge read", "none, ''",
			"'other,browse', browse other" })
	void challengeAndMetadataAdvertise(String configured, String scopes) {
		String[] properties = configured.isEmpty() ? new String[0]
				: new String[] { "mcp-security.metadata.challenge-scopes=" + configured,
						"mcp-security.metadata.scopes-supported=" + configured };
		List<String> expected = scopes.isEmpty() ? List.of() : List.of(scopes.split(" "));
		try (SecuredServer server = SecuredServer.start(HintedApplication.class, authorizationServer, properties)) {
			HttpResponse<String> refused = server.get(server.url());
			assertThat(refused.statusCode()).isEqualTo(401);
			Matcher challenge = CHALLENGE.matcher(refused.headers().firstValue("WWW-Authenticate").orElseThrow());
			assertThat(challenge.matches()).isTrue();
			assertThat(challenge.group(2) != null).as("has scope").isEqualTo(!expected.isEmpty());
			if (!expected.isEmpty()) {
				assertThat(challenge.group(2).split(" ")).containsExactlyInAnyOrderElementsOf(expected);
			}
			JsonNode metadata = SecuredServer.json(server.get(challenge.group(1)));
			assertThat(metadata.has("scopes_supported")).isEqualTo(!expected.isEmpty());
			assertThat(metadata.path("scopes_supported").valueStream().map(JsonNode::asString))
				.containsExactlyInAnyOrderElementsOf(expected);
		}
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(HintedApplication.Records.class)
	static class HintedApplication {

		static class Records {

			@McpTool(name = "browse", description = "Lists records", annotations = @McpAnnotations(readOnlyHint = true))
			@RequiresScope("browse")
			String browse() {
				return "browsed";
			}

			@McpTool(name = "purge", description = "Deletes records")
			@RequiresScope("purge")
			String purge() {
				return "purged";
			}

			@McpResource(uri = "records://all", name = "all")
			@RequiresScope("read")
			String all() {
				return "all records";
			}

		}

	}

}
