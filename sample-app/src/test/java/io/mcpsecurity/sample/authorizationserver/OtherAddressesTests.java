package io.mcpsecurity.sample.authorizationserver;

import io.mcpsecurity.sample.SampleTestBase;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What no other chain protects is the administrator's.
 */
class OtherAddressesTests extends SampleTestBase {

	@Test
	void healthIsEverybodys() throws Exception {
		assertThat(get("/actuator/health", null).statusCode()).isNotIn(401, 403, 404);
	}

	@Test
	void theRestOfTheActuatorIsTheAdministrators() throws Exception {
		assertThat(get("/actuator/prometheus", null).statusCode()).isEqualTo(401);
		assertThat(get("/actuator/prometheus", "alice").statusCode()).isEqualTo(403);
		assertThat(get("/actuator/prometheus", "bob").statusCode()).isEqualTo(200);
	}

	@Test
	void unknownAddressesAreTheAdministratorsAndLeaveNoSession() throws Exception {
		HttpResponse<String> response = get("/anything", null);
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(response.headers().firstValue("Set-Cookie")).isEmpty();
	}

	private static HttpResponse<String> get(String path, String user) throws IOException, InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(ISSUER + path));
		if (user != null) {
			request.header("Authorization", "Basic "
					+ Base64.getEncoder().encodeToString((user + ":" + user).getBytes(StandardCharsets.UTF_8)));
		}
		return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
	}

}
