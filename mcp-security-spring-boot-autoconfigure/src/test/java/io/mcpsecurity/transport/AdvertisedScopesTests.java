package io.mcpsecurity.transport;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
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
import org.springframework.context.annotation.Bean;
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
	void challengeAndMetadataContainConfiguredScopes(String configured, String scopes) {
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

	/**
	 * A challenge that is too long for the container would become another response,
	 * without it: 500, or the login of the rest of the application.
	 */
	@ParameterizedTest
	@CsvSource({ "minimal, 2048", "declared, 4096", "LIST, 4096" })
	void scopesOfChallengeAndMetadataAreLimitedInLength(String advertised, int length) {
		List<String> many = scopes("many", 200);
		String list = String.join(",", scopes("list", 300));
		try (SecuredServer server = SecuredServer.start(ManyToolsApplication.class, authorizationServer,
				"mcp-security.policy.scope-template=https://scopes.example.com/{name}",
				"mcp-security.policy.rules[0].tools=tool0",
				"mcp-security.policy.rules[0].scopes=" + String.join(",", many),
				"mcp-security.policy.rules[1].tools=tool1",
				"mcp-security.policy.rules[1].any-of=" + String.join(",", scopes("choice", 300)),
				"mcp-security.policy.rules[2].tools=tool2", "mcp-security.policy.rules[2].scopes=" + "x".repeat(9000),
				"mcp-security.metadata.challenge-scopes=" + (advertised.equals("LIST") ? list : advertised))) {
			for (HttpResponse<String> refused : List.of(server.get(server.url()),
					server.send(server.post("no-token", "{}")))) {
				assertThat(refused.statusCode()).isEqualTo(401);
				assertThat(scope(refused).length()).isBetween(length - 200, length);
			}
			HttpResponse<String> metadata = server.get(server.url("/.well-known/oauth-protected-resource/mcp"));
			assertThat(String.join(" ",
					SecuredServer.json(metadata).at("/scopes_supported").valueStream().map(JsonNode::asString).toList())
				.length()).isLessThanOrEqualTo(2048);
			String[] held = many.subList(0, 80).toArray(String[]::new);
			HttpResponse<String> denied = server.callTool(server.token(held).sign(), "tool0", "{}");
			assertThat(denied.statusCode()).isEqualTo(403);
			assertThat(scope(denied)).hasSizeBetween(3896, 4096).startsWith(many.get(80) + " " + many.get(81) + " ");
			assertThat(denied.body()).contains("Needs 120 more scopes");
			denied = server.callTool(server.token(held).sign(), "tool249", "{}");
			assertThat(scope(denied)).startsWith("https://scopes.example.com/tool249 " + many.get(0) + " ");
			assertThat(scope(server.callTool(server.token().sign(), "tool1", "{}"))).doesNotContain(" ");
			denied = server.callTool(server.token().sign(), "tool2", "{}");
			assertThat(denied.statusCode()).isEqualTo(403);
			assertThat(denied.headers().allValues("WWW-Authenticate")).singleElement()
				.asString()
				.startsWith("Bearer error=\"insufficient_scope\", resource_metadata=");
		}
	}

	private static List<String> scopes(String name, int count) {
		return IntStream.range(0, count).mapToObj((i) -> "records:" + name + ":in-words-of-some-length:" + i).toList();
	}

	private static String scope(HttpResponse<String> refused) {
		Matcher scope = Pattern.compile("Bearer .*\\bscope=\"([^\"]*)\".*")
			.matcher(refused.headers().firstValue("WWW-Authenticate").orElseThrow());
		assertThat(scope.matches()).as(refused.headers().toString()).isTrue();
		return scope.group(1);
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class ManyToolsApplication {

		@Bean
		List<SyncToolSpecification> tools() {
			return IntStream.range(0, 250)
				.mapToObj((i) -> new SyncToolSpecification(Tool.builder("tool" + i, Map.of("type", "object")).build(),
						(exchange, request) -> CallToolResult.builder().addTextContent("called").build()))
				.toList();
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
