package io.mcpsecurity.autoconfigure.testcontainers;

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
import java.time.Duration;
import java.util.List;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The realms of a Keycloak, as its administrator sees them. */
final class KeycloakRealms {

	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	private static final String MASTER = "master";

	private final HttpClient http = HttpClient.newHttpClient();

	private final String url;

	private final String username;

	private final String password;

	KeycloakRealms(String url, String username, String password) {
		this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
		this.username = username;
		this.password = password;
	}

	/**
	 * The name of the only realm besides {@code master}.
	 * @throws IllegalStateException if there is none, or are several
	 */
	String only() {
		List<String> realms = json(
				get("/admin/realms?briefRepresentation=true").header("Authorization", "Bearer " + accessToken()))
			.valueStream()
			.map((realm) -> realm.path("realm").asString())
			.filter((realm) -> !realm.equals(MASTER))
			.toList();
		if (realms.size() != 1) {
			throw new IllegalStateException("The Keycloak container has " + realms.size() + " realms besides " + MASTER
					+ ": " + realms + ". Import one, or say which one issues the tokens: " + ".withLabel(\""
					+ KeycloakContainerConnectionDetailsFactory.REALM_LABEL + "\", \"<realm>\")");
		}
		return realms.get(0);
	}

	private String accessToken() {
		String form = "grant_type=password&client_id=admin-cli&username=" + encoded(this.username) + "&password="
				+ encoded(this.password);
		return json(get("/realms/" + MASTER + "/protocol/openid-connect/token")
			.header("Content-Type", "application/x-www-form-urlencoded")
			.POST(BodyPublishers.ofString(form))).path("access_token").asString();
	}

	private HttpRequest.Builder get(String path) {
		return HttpRequest.newBuilder(URI.create(this.url + path)).timeout(TIMEOUT);
	}

	private JsonNode json(HttpRequest.Builder builder) {
		HttpRequest request = builder.build();
		try {
			HttpResponse<String> response = this.http.send(request, BodyHandlers.ofString());
			if (response.statusCode() != 200) {
				throw new IllegalStateException(
						"The Keycloak container responds with " + response.statusCode() + " at " + request.uri());
			}
			return JsonMapper.shared().readTree(response.body());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private static String encoded(String value) {
		return URLEncoder.encode(value, StandardCharsets.UTF_8);
	}

}
