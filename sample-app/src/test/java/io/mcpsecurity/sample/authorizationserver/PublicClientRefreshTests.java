package io.mcpsecurity.sample.authorizationserver;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.OAuthClient.Answer;
import io.mcpsecurity.sample.SampleTestBase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a client that proves nothing gets into by a refresh, and what not.
 */
class PublicClientRefreshTests extends SampleTestBase {

	@Test
	void preregisteredPublicClientGetsRefreshTokens() {
		AuthorizationRequest request = inspectorRequest(BROWSE);
		try (BrowserSession browser = browser()) {
			Answer first = this.client.redeem(request, browser.authorize(request, "alice", BROWSE).get("code"));
			Answer second = this.client.token(null, "grant_type", "refresh_token", "refresh_token",
					first.text("refresh_token"), "client_id", "mcp-inspector");
			assertThat(second.claims()).containsEntry("sub", "alice");
			assertThat(second.audience()).containsExactly(RESOURCE);
			assertThat(second.text("scope")).isEqualTo(BROWSE);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "/oauth2/introspect", "/oauth2/revoke" })
	void otherEndpointsDoNotAcceptRefreshRequestAsAuthentication(String endpoint)
			throws IOException, InterruptedException {
		HttpResponse<String> response = HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(URI.create(ISSUER + endpoint))
				.header("Content-Type", "application/x-www-form-urlencoded")
				.POST(BodyPublishers.ofString("grant_type=refresh_token&client_id=mcp-inspector&token=x"))
				.build(), BodyHandlers.ofString());
		assertThat(response.statusCode()).isEqualTo(401);
	}

	@Test
	void refreshWithoutClientIsRefused() {
		assertThat(this.client.token(null, "grant_type", "refresh_token", "refresh_token", "x").status())
			.isEqualTo(401);
		assertThat(this.client
			.token(null, "grant_type", "refresh_token", "refresh_token", "x", "client_id", "mcp-inspector", "client_id",
					"mcp-inspector")
			.body()).containsEntry("error", "invalid_request");
	}

}
