package io.mcpsecurity.sample.keycloak;

import java.net.URI;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.OAuthClient;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.McpHttpClientTransportAuthorizationException;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * The whole way of an MCP client that knows nothing but the URL of the server, with a
 * Keycloak behind it: it registers itself, sends its user through Keycloak's pages,
 * calls, is challenged, and steps up.
 */
class KeycloakJourneyTests extends KeycloakTestBase {

	private static final String CALLBACK = "http://localhost:49152/callback";

	@Test
	void journeyFromUnauthenticatedRequestToStepUp() {
		Journey journey = new Journey();
		AtomicReference<String> token = new AtomicReference<>();
		try (KeycloakUser bob = new KeycloakUser(keycloak(), "bob"); McpSyncClient mcp = mcpClient(token::get)) {
			// The user signs in, and consents to what the client asks for at first.
			token.set(journey.authorize(bob, BROWSE));
			assertThat(bob.pages()).hasSize(2).first().isEqualTo("login");
			assertThat(bob.pages()).last()
				.asString()
				.contains("Look at research records")
				.doesNotContain("Delete research records");

			mcp.initialize();
			assertThat(call(mcp, "browse_records")).contains("Water levels");
			assertThat(JsonMapper.shared().readTree(call(mcp, "who_am_i")).path("client").asString())
				.isEqualTo(journey.clientId);

			String scope = challengedScope(catchThrowable(() -> call(mcp, "purge_records")));
			assertThat(scope).isEqualTo(PURGE + " " + BROWSE);

			// The client asks for what it holds and what is needed: the user consents to
			// that, without signing in again.
			token.set(journey.authorize(bob, scope));
			assertThat(bob.pages()).singleElement().asString().contains("Delete research records");
			assertThat(call(mcp, "purge_records")).isEqualTo("Records deleted: 0");
			assertThat(call(mcp, "browse_records")).contains("Water levels");
		}
	}

	@Test
	void userWithoutRoleGetsNoFurtherScopesByStepUp() {
		Journey journey = new Journey();
		AtomicReference<String> token = new AtomicReference<>();
		try (KeycloakUser alice = new KeycloakUser(keycloak(), "alice"); McpSyncClient mcp = mcpClient(token::get)) {
			token.set(journey.authorize(alice, BROWSE));
			mcp.initialize();
			String scope = challengedScope(catchThrowable(() -> call(mcp, "purge_records")));
			token.set(journey.authorize(alice, scope));
			assertThat(challengedScope(catchThrowable(() -> call(mcp, "purge_records"))))
				.isEqualTo(PURGE + " " + BROWSE);
			assertThat(call(mcp, "browse_records")).contains("Water levels");
		}
	}

	@Test
	void clientOfUntrustedHostCannotRegister() {
		OAuthClient.Answer answer = client().register(Map.of("client_name", "Elsewhere", "redirect_uris",
				List.of("https://elsewhere.example/callback"), "token_endpoint_auth_method", "none"));
		assertThat(answer.status()).isBetween(400, 403);
		assertThat(answer.body()).doesNotContainKey("client_id");
	}

	private static McpSyncClient mcpClient(Supplier<String> token) {
		return McpClient
			.sync(HttpClientStreamableHttpTransport.builder(URI.create(ENDPOINT).resolve("/").toString())
				.endpoint("/mcp")
				.openConnectionOnStartup(false)
				.httpRequestCustomizer((request, method, endpoint, body, context) -> request.setHeader("Authorization",
						"Bearer " + token.get()))
				.build())
			.build();
	}

	private static String call(McpSyncClient client, String tool) {
		Map<String, Object> arguments = tool.equals("purge_records") ? Map.of("before", "1900-01-01") : Map.of();
		return ((TextContent) client.callTool(CallToolRequest.builder(tool).arguments(arguments).build())
			.content()
			.get(0)).text();
	}

	private static String challengedScope(Throwable thrown) {
		Throwable cause = thrown;
		while (!(cause instanceof McpHttpClientTransportAuthorizationException denied)) {
			assertThat(cause).as("a refusal").isNotNull();
			cause = cause.getCause();
		}
		assertThat(denied.getResponseInfo().statusCode()).isEqualTo(403);
		String challenge = denied.getResponseInfo().headers().firstValue("WWW-Authenticate").orElseThrow();
		assertThat(parameter(challenge, "error")).isEqualTo("insufficient_scope");
		return parameter(challenge, "scope");
	}

	/**
	 * A client that has found its authorization server and registered there.
	 */
	private final class Journey {

		private final OAuthClient client;

		private final URI authorizationEndpoint;

		private final String clientId;

		Journey() {
			HttpResponse<String> refused = get(ENDPOINT);
			assertThat(refused.statusCode()).isEqualTo(401);
			JsonNode resource = json(challenge(refused, "resource_metadata"));
			assertThat(resource.path("resource").asString()).isEqualTo(RESOURCE);
			URI issuer = URI.create(resource.path("authorization_servers").path(0).asString());
			// RFC 8414 section 3.1: the well-known part stands before the issuer's path.
			JsonNode server = json(
					issuer.resolve("/.well-known/oauth-authorization-server" + issuer.getPath()).toString());
			assertThat(server.path("issuer").asString()).isEqualTo(issuer.toString());
			assertThat(server.path("code_challenge_methods_supported").toString()).contains("S256");
			this.authorizationEndpoint = URI.create(server.path("authorization_endpoint").asString());
			this.client = new OAuthClient(issuer.toString(), server.path("token_endpoint").asString(),
					server.path("registration_endpoint").asString());
			OAuthClient.Answer registration = this.client.register(Map.of("client_name", "Journey", "redirect_uris",
					List.of(CALLBACK), "grant_types", List.of("authorization_code", "refresh_token"), "response_types",
					List.of("code"), "token_endpoint_auth_method", "none", "scope", challenge(refused, "scope")));
			assertThat(registration.status()).as(registration.body().toString()).isEqualTo(201);
			this.clientId = registration.text("client_id");
		}

		String authorize(KeycloakUser user, String... scopes) {
			AuthorizationRequest request = new AuthorizationRequest(this.authorizationEndpoint, this.clientId, CALLBACK)
				.scope(scopes)
				.resource(RESOURCE);
			Map<String, String> answer = user.authorize(request);
			assertThat(answer).containsEntry("iss", keycloak().issuer())
				.containsEntry("state", request.parameter("state"));
			return this.client.redeem(request, answer.get("code"), "resource", RESOURCE).accessToken();
		}

		private JsonNode json(String url) {
			HttpResponse<String> response = get(url);
			assertThat(response.statusCode()).as(url).isEqualTo(200);
			return JsonMapper.shared().readTree(response.body());
		}

	}

}
