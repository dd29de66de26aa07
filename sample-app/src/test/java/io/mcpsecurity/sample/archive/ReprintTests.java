package io.mcpsecurity.sample.archive;

import java.net.URI;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.OAuthClient;
import io.mcpsecurity.sample.SampleApplication;
import io.mcpsecurity.test.McpResponse;
import io.mcpsecurity.test.McpTestClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.test.util.TestSocketUtils;
import org.springframework.web.client.RestClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A tool that calls a service behind the server on behalf of the caller.
 */
class ReprintTests {

	private static final int PORT = TestSocketUtils.findAvailableTcpPort();

	private static final String ISSUER = "http://localhost:" + PORT;

	private static final String RESOURCE = ISSUER + "/mcp";

	private static final String ARCHIVE = ISSUER + "/archive";

	private static final String BROWSE = "research:browse";

	private static ConfigurableApplicationContext sample;

	private final OAuthClient client = new OAuthClient(ISSUER);

	@BeforeAll
	static void start() {
		sample = new SpringApplicationBuilder(SampleApplication.class).profiles("archive").run("--server.port=" + PORT);
	}

	@AfterAll
	static void stop() {
		sample.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "alice", "bob" })
	void archiveKnowsUserAndServerThatActs(String user) {
		String token = signIn(user);
		McpResponse response = order(token);
		assertThat(response).succeeded();
		JsonNode reprint = JsonMapper.shared().readTree(response.text());
		assertThat(reprint.path("record").asInt()).isEqualTo(3);
		assertThat(reprint.path("orderedFor").asString()).isEqualTo(user);
		assertThat(reprint.at("/orderedBy/sub").asString()).isEqualTo("research-server");
		assertThat(reprint.path("audience").asString()).isEqualTo(ARCHIVE);
		Object tokenId = OAuthClient.claims(token).get("jti");
		await().untilAsserted(() -> assertThat(events("MCP_DOWNSTREAM_TOKEN", user)).anySatisfy(
				(event) -> assertThat(event).containsEntry("tokenId", tokenId).containsEntry("downstream", "archive")));
	}

	@Test
	void archiveRefusesTokensOfMcpServer() {
		HttpStatusCode status = RestClient.create()
			.post()
			.uri(ARCHIVE + "/reprints")
			.headers((headers) -> headers.setBearerAuth(signIn("alice")))
			.body(Map.of("record", 3))
			.exchange((request, response) -> response.getStatusCode());
		assertThat(status).isEqualTo(HttpStatus.UNAUTHORIZED);
	}

	@Test
	void callerWithoutScopeOrdersNothing() {
		String token = this.client
			.clientCredentials("analyst-agent:analyst-secret", "scope", "research:export", "resource", RESOURCE)
			.accessToken();
		assertThat(order(token)).isStepUpFor(BROWSE);
	}

	private String signIn(String user) {
		AuthorizationRequest request = new AuthorizationRequest(ISSUER, "mcp-inspector",
				"http://localhost:6274/oauth/callback")
			.scope(BROWSE)
			.resource(RESOURCE);
		try (BrowserSession browser = new BrowserSession(ISSUER)) {
			return this.client.redeem(request, browser.authorize(request, user, BROWSE).get("code")).accessToken();
		}
	}

	private static McpResponse order(String token) {
		return new McpTestClient(URI.create(RESOURCE), null).withToken(token)
			.call("order_reprint", Map.of("record", 3));
	}

	private List<Map<String, Object>> events(String type, String user) {
		OAuthClient.Answer events = this.client.getAs("bob:bob",
				"/actuator/auditevents?principal=" + user + "&type=" + type);
		return ((List<?>) events.body().get("events")).stream().map(ReprintTests::data).toList();
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> data(Object event) {
		return (Map<String, Object>) ((Map<?, ?>) event).get("data");
	}

}
