package io.mcpsecurity.sample.authorizationserver;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.OAuthClient.Answer;
import io.mcpsecurity.sample.SampleTestBase;
import org.htmlunit.html.HtmlForm;
import org.htmlunit.html.HtmlPage;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A client that an administrator revokes, at the authorization server and at the MCP
 * server in the same application.
 */
class ClientRevocationTests extends SampleTestBase {

	private static final String CALLBACK = "http://127.0.0.1:7777/callback";

	@Test
	void revokedClientIsRefusedByBothServers() throws Exception {
		String clientId = this.client.register(CALLBACK, BROWSE);
		AuthorizationRequest request = new AuthorizationRequest(ISSUER, clientId, CALLBACK).scope(BROWSE)
			.resource(RESOURCE);
		try (BrowserSession alice = browser(); BrowserSession bob = browser()) {
			Answer tokens = this.client.redeem(request, alice.authorize(request, "alice", BROWSE).get("code"));
			assertThat(callMcpServer(tokens.accessToken())).isEqualTo(200);
			HtmlPage clients = submit(bob, clientId);
			assertThat(formOf(clients, clientId)).isNull();
			assertThat(this.client
				.token(null, "grant_type", "refresh_token", "client_id", clientId, "refresh_token",
						tokens.text("refresh_token"))
				.status()).isEqualTo(401);
			await().atMost(Duration.ofSeconds(30)).until(() -> callMcpServer(tokens.accessToken()) == 403);
			assertThat(alice.open(request.url()).getWebResponse().getStatusCode()).isEqualTo(400);
		}
	}

	@Test
	void configuredClientIsRestored() throws Exception {
		try (BrowserSession bob = browser()) {
			String token = agentToken().accessToken();
			HtmlPage clients = submit(bob, "analyst-agent");
			assertThat(formOf(clients, "analyst-agent").getParentNode().asNormalizedText()).contains("revoked");
			assertThat(agentToken().status()).isEqualTo(401);
			await().atMost(Duration.ofSeconds(30)).until(() -> callMcpServer(token) == 403);
			submit(bob, "analyst-agent");
			assertThat(agentToken().status()).isEqualTo(200);
			await().atMost(Duration.ofSeconds(30)).until(() -> callMcpServer(token) == 200);
		}
	}

	private Answer agentToken() {
		return this.client.clientCredentials("analyst-agent:analyst-secret", "scope", BROWSE, "resource", RESOURCE);
	}

	private static HtmlPage submit(BrowserSession bob, String clientId) {
		HtmlPage clients = (HtmlPage) bob.signInIfAsked(bob.open(ISSUER + "/admin/clients"), "bob");
		return (HtmlPage) bob.submit(formOf(clients, clientId));
	}

	private static HtmlForm formOf(HtmlPage clients, String clientId) {
		return clients
			.getFirstByXPath("//form[input[@name='action']][input[@name='client' and @value='" + clientId + "']]");
	}

	private static int callMcpServer(String token) throws IOException, InterruptedException {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(URI.create(RESOURCE))
				.header("Authorization", "Bearer " + token)
				.header("Content-Type", "application/json")
				.header("Accept", "application/json, text/event-stream")
				.POST(BodyPublishers.ofString("""
						{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",\
						"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"""))
				.build(), BodyHandlers.ofString())
			.statusCode();
	}

}
