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
		send(request("/components").POST(json(key)), 201);
	}

	/**
	 * Switch a client of the realm off, or on again.
	 */
	void enable(String clientId, boolean enabled) {
		String id = JsonMapper.shared()
			.readTree(send(request("/clients?clientId=" + clientId), 200))
			.at("/0/id")
			.asString();
		send(request("/clients/" + id).PUT(json(Map.of("enabled", enabled))), 204);
	}

	/**
	 * Add a client to the realm.
	 */
	void addClient(Map<String, ?> client) {
		send(request("/clients").POST(json(client)), 201);
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(URI.create(this.keycloak.url() + "/admin/realms/mcp" + path))
			.header("Content-Type", "application/json");
	}

	private static HttpRequest.BodyPublisher json(Map<String, ?> value) {
		return BodyPublishers.ofString(JsonMapper.shared().writeValueAsString(value));
	}

	private String send(HttpRequest.Builder request, int expected) {
		String master = this.keycloak.url() + "/realms/master";
		String token = new OAuthClient(master, master + "/protocol/openid-connect/token", "")
			.token(null, "grant_type", "password", "client_id", "admin-cli", "username", KeycloakServer.ADMIN,
					"password", KeycloakServer.ADMIN)
			.accessToken();
		try {
			HttpResponse<String> response = this.http.send(request.header("Authorization", "Bearer " + token).build(),
					BodyHandlers.ofString());
			if (response.statusCode() != expected) {
				throw new IllegalStateException(response.statusCode() + " " + response.body());
			}
			return response.body();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw KeycloakServer.interrupted(ex);
		}
	}

}
