package io.mcpsecurity.sample.keycloak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

import io.mcpsecurity.test.DpopKey;
import tools.jackson.databind.json.JsonMapper;

/**
 * An agent that proves to have a key (RFC 9449 section 4), so that its token is bound to
 * it.
 */
final class DpopToken {

	private DpopToken() {
	}

	/**
	 * Get a token that is bound to a key.
	 * @param issuer the issuer of the realm
	 * @param client the client and its secret, {@code client:secret}
	 * @param scope the scope to ask for
	 * @param key the key
	 */
	static String clientCredentials(String issuer, String client, String scope, DpopKey key) {
		URI endpoint = URI.create(issuer + "/protocol/openid-connect/token");
		try {
			HttpResponse<String> response = HttpClient.newHttpClient()
				.send(HttpRequest.newBuilder(endpoint)
					.header("Content-Type", "application/x-www-form-urlencoded")
					.header("Authorization",
							"Basic " + Base64.getEncoder().encodeToString(client.getBytes(StandardCharsets.UTF_8)))
					.header("DPoP", key.proof("POST", endpoint.toString()).sign())
					.POST(BodyPublishers.ofString(
							"grant_type=client_credentials&scope=" + URLEncoder.encode(scope, StandardCharsets.UTF_8)))
					.build(), BodyHandlers.ofString());
			return JsonMapper.shared().readTree(response.body()).path("access_token").asString();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw KeycloakServer.interrupted(ex);
		}
	}

}
