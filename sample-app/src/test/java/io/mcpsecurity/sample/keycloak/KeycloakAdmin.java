package io.mcpsecurity.sample.keycloak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.mcpsecurity.sample.OAuthClient;
import tools.jackson.databind.json.JsonMapper;

/**
 * What an administrator of Keycloak does, over its admin API.
 */
final class KeycloakAdmin {

	private final HttpClient http = HttpClient.newHttpClient();

	private final KeycloakServer keycloak;

	KeycloakAdmin(KeycloakServer keycloak) {
		this.keycloak = keycloak;
	}

	/**
	 * Give the realm a new key, with which it signs from now on.
	 */
	void rotateSigningKey() {
		Map<String, ?> key = Map.of("name", "rsa-" + UUID.randomUUID(), "providerId", "rsa-generated", "providerType",
				"org.keycloak.keys.KeyProvider", "config",
				Map.of("priority", List.of(String.valueOf(System.currentTimeMillis())), "enabled", List.of("true"),
						"active", List.of("true"), "algorithm", List.of("RS256"), "keySize", List.of("2048")));
		HttpRequest.Builder request = HttpRequest
			.newBuilder(URI.create(this.keycloak.url() + "/admin/realms/mcp/components"))
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString(JsonMapper.shared().writeValueAsString(key)));
		HttpResponse<String> response = send(request);
		if (response.statusCode() != 201) {
			throw new IllegalStateException(response.statusCode() + " " + response.body());
		}
	}

	private HttpResponse<String> send(HttpRequest.Builder request) {
		String master = this.keycloak.url() + "/realms/master";
		String token = new OAuthClient(master, master + "/protocol/openid-connect/token", "")
			.token(null, "grant_type", "password", "client_id", "admin-cli", "username", KeycloakServer.ADMIN,
					"password", KeycloakServer.ADMIN)
			.accessToken();
		try {
			return this.http.send(request.header("Authorization", "Bearer " + token).build(), BodyHandlers.ofString());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw KeycloakServer.interrupted(ex);
		}
	}

}
