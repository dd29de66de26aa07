package io.mcpsecurity.sample;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.McpHttpClientTransportAuthorizationException;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import org.htmlunit.html.HtmlCheckBoxInput;
import org.htmlunit.html.HtmlForm;
import org.htmlunit.html.HtmlPage;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * The whole way of an MCP client that knows nothing but the URL of the server: it is told
 * where to go, registers itself, sends its user through the real pages, calls, is
 * challenged, and steps up.
 */
class JourneyTests extends SampleTestBase {

	private static final String CALLBACK = "http://localhost:49152/callback";

	private static final Pattern PARAMETER = Pattern.compile("(\\w+)=\"([^\"]*)\"");

	private final HttpClient http = HttpClient.newHttpClient();

	@Test
	void journeyFromUnauthenticatedRequestToStepUp() throws Exception {
		// 1. The server refuses and says where its metadata is.
		HttpResponse<String> refused = get(RESOURCE);
		assertThat(refused.statusCode()).isEqualTo(401);
		String challenge = refused.headers().firstValue("WWW-Authenticate").orElseThrow();
		assertThat(parameter(challenge, "error")).isNull();

		// 2. The metadata names the authorization server, which names its endpoints.
		JsonNode resource = json(get(parameter(challenge, "resource_metadata")));
		assertThat(resource.path("resource").asString()).isEqualTo(RESOURCE);
		String issuer = resource.path("authorization_servers").path(0).asString();
		JsonNode server = json(get(issuer + "/.well-known/oauth-authorization-server"));
		assertThat(server.path("issuer").asString()).isEqualTo(issuer);
		assertThat(server.path("code_challenge_methods_supported").toString()).contains("S256");
		assertThat(server.path("registration_endpoint").asString()).isEqualTo(issuer + "/oauth2/register");

		// 3. The client registers with the scopes that the challenge advised.
		OAuthClient.Answer registration = this.client.register(Map.of("client_name", "Journey", "redirect_uris",
				List.of(CALLBACK), "grant_types", List.of("authorization_code"), "response_types", List.of("code"),
				"token_endpoint_auth_method", "none", "scope", parameter(challenge, "scope")));
		String clientId = registration.text("client_id");
		assertThat(registration.text("scope")).isEqualTo(BROWSE);

		AtomicReference<String> token = new AtomicReference<>();
		try (BrowserSession bob = browser(); McpSyncClient mcp = mcpClient(token::get)) {
			// 4. Login, consent, code, token.
			token.set(authorize(bob, clientId, registration.text("scope")));
			assertThat(OAuthClient.claims(token.get())).containsEntry("sub", "bob");

			// 5. A call.
			mcp.initialize();
			assertThat(call(mcp, "browse_records", Map.of())).contains("Water levels");
			assertThat(JsonMapper.shared().readTree(call(mcp, "who_am_i", Map.of())).path("client").asString())
				.isEqualTo(clientId);

			// 6. A call that needs more is challenged.
			Throwable denied = catchThrowable(() -> call(mcp, "purge_records", Map.of("before", "2020-01-01")));
			String stepUp = challenge(denied);
			assertThat(parameter(stepUp, "error")).isEqualTo("insufficient_scope");
			assertThat(parameter(stepUp, "scope")).isEqualTo(PURGE + " " + BROWSE);

			// 7. A client that registered itself may not have that yet; bob widens it.
			widen(bob, clientId);

			// 8. The client asks for what it holds and what is needed, and goes on.
			token.set(authorize(bob, clientId, parameter(stepUp, "scope")));
			assertThat(call(mcp, "purge_records", Map.of("before", "2020-01-01"))).isEqualTo("Records deleted: 1");
			assertThat(call(mcp, "browse_records", Map.of())).doesNotContain("Soil samples");
		}
	}

	private String authorize(BrowserSession user, String clientId, String scope) {
		AuthorizationRequest request = new AuthorizationRequest(ISSUER, clientId, CALLBACK).scope(scope)
			.resource(RESOURCE);
		Map<String, String> answer = user.authorize(request, "bob", scope.split(" "));
		assertThat(answer).containsEntry("iss", ISSUER).containsEntry("state", request.parameter("state"));
		return this.client.redeem(request, answer.get("code"), "resource", RESOURCE).accessToken();
	}

	private static void widen(BrowserSession administrator, String clientId) {
		HtmlPage clients = (HtmlPage) administrator.open(ISSUER + "/admin/clients");
		HtmlForm form = clients.getFirstByXPath("//form[input[@name='client' and @value='" + clientId + "']]");
		((HtmlCheckBoxInput) form.getFirstByXPath(".//input[@value='" + PURGE + "']")).setChecked(true);
		administrator.submit(form);
	}

	private static String call(McpSyncClient client, String tool, Map<String, Object> arguments) {
		return ((TextContent) client.callTool(CallToolRequest.builder(tool).arguments(arguments).build())
			.content()
			.get(0)).text();
	}

	private static String challenge(Throwable thrown) {
		Throwable cause = thrown;
		while (!(cause instanceof McpHttpClientTransportAuthorizationException denied)) {
			assertThat(cause).as("a refusal").isNotNull();
			cause = cause.getCause();
		}
		assertThat(denied.getResponseInfo().statusCode()).isEqualTo(403);
		return denied.getResponseInfo().headers().firstValue("WWW-Authenticate").orElseThrow();
	}

	private static String parameter(String challenge, String name) {
		Matcher matcher = PARAMETER.matcher(challenge);
		while (matcher.find()) {
			if (matcher.group(1).equals(name)) {
				return matcher.group(2);
			}
		}
		return null;
	}

	private HttpResponse<String> get(String url) throws IOException, InterruptedException {
		return this.http.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
	}

	private static JsonNode json(HttpResponse<String> response) {
		assertThat(response.statusCode()).isEqualTo(200);
		return JsonMapper.shared().readTree(response.body());
	}

}
