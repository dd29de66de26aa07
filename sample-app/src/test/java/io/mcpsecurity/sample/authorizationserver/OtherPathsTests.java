package io.mcpsecurity.sample.authorizationserver;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;

import io.mcpsecurity.sample.SampleTestBase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.http.HttpHeaders;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What no other chain protects is the administrator's.
 */
class OtherPathsTests extends SampleTestBase {

	@Test
	void healthIsPublic() throws Exception {
		assertThat(get("/actuator/health", null).statusCode()).isNotIn(401, 403, 404);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "/info", "/prometheus", "/mcpsecurity", "/mcpsecurity/any" })
	void otherActuatorEndpointsRequireAdministrator(String endpoint) throws Exception {
		String path = "/actuator" + endpoint;
		assertThat(get(path, null).statusCode()).isEqualTo(401);
		assertThat(get(path, basic("alice")).statusCode()).isEqualTo(403);
		assertThat(get(path, basic("carol")).statusCode()).isEqualTo(403);
		for (String agent : List.of("analyst-agent:analyst-secret", "admin-agent:admin-secret")) {
			String token = this.client.clientCredentials(agent, "scope", BROWSE, "resource", RESOURCE).accessToken();
			assertThat(get(path, "Bearer " + token).statusCode()).isEqualTo(401);
		}
		assertThat(get(path, basic("bob")).statusCode()).isEqualTo(endpoint.endsWith("any") ? 404 : 200);
	}

	@Test
	void administratorCanReadPolicy() throws Exception {
		assertThat(get("/actuator/mcpsecurity", basic("bob")).body()).contains(
				"\"purge_records\":{\"access\":\"scopes\",\"allOf\":[\"research:purge\"],\"anyOf\":[],\"when\":null,"
						+ "\"acr\":[],\"maxAge\":null,\"source\":\"@RequiresScope on ResearchTools.purge\"}");
	}

	@Test
	void administratorCanReadMetrics() throws Exception {
		get("/mcp", null);
		assertThat(get("/actuator/prometheus", basic("bob")).body()).contains("mcp_security_requests_seconds_bucket{",
				"mcp_security_authentication_failures_total{reason=\"missing\"}");
	}

	@Test
	void unknownPathsRequireAuthenticationAndCreateNoSession() throws Exception {
		HttpResponse<String> response = get("/anything", null);
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(response.headers().firstValue("Set-Cookie")).isEmpty();
	}

	private static String basic(String user) {
		return "Basic " + HttpHeaders.encodeBasicAuth(user, user, null);
	}

	private static HttpResponse<String> get(String path, String authorization)
			throws IOException, InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(ISSUER + path));
		if (authorization != null) {
			request.header(HttpHeaders.AUTHORIZATION, authorization);
		}
		return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
	}

}
