package io.mcpsecurity.sample.authorizationserver;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

import io.mcpsecurity.sample.SampleTestBase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What scripts of other origins, such as the MCP Inspector's, may call.
 */
class CrossOriginAccessTests extends SampleTestBase {

	private static final String ALLOW_ORIGIN = "Access-Control-Allow-Origin";

	private final HttpClient http = HttpClient.newHttpClient();

	@ParameterizedTest
	@CsvSource({ "POST, /oauth2/token", "POST, /oauth2/register", "GET, /oauth2/jwks",
			"GET, /.well-known/oauth-authorization-server", "GET, /.well-known/openid-configuration" })
	void preflightIsAllowed(String method, String path) throws Exception {
		HttpResponse<String> response = preflight(method, path);
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValue(ALLOW_ORIGIN)).hasValue("*");
		assertThat(response.headers().firstValue("Access-Control-Allow-Headers").orElse("").toLowerCase())
			.contains("content-type", "mcp-protocol-version");
		assertThat(response.headers().firstValue("Access-Control-Allow-Credentials")).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/oauth2/authorize", "/login", "/logout", "/consent", "/admin/clients",
			"/styles/authorization-server.css", "/actuator/health", "/oauth2/introspect", "/" })
	void preflightOfOtherPathsIsNotAllowed(String path) throws Exception {
		assertThat(preflight("POST", path).headers().firstValue(ALLOW_ORIGIN)).isEmpty();
		assertThat(preflight("GET", path).headers().firstValue(ALLOW_ORIGIN)).isEmpty();
	}

	@Test
	void responsesIncludingErrorsHaveCorsHeaders() throws Exception {
		for (String path : new String[] { "/oauth2/token", "/oauth2/register" }) {
			HttpResponse<String> response = send(
					request(path).header("Content-Type", "application/json").POST(BodyPublishers.ofString("{}")));
			assertThat(response.statusCode()).isBetween(400, 401);
			assertThat(response.headers().firstValue(ALLOW_ORIGIN)).hasValue("*");
		}
		assertThat(send(request("/.well-known/oauth-authorization-server")).headers().firstValue(ALLOW_ORIGIN))
			.hasValue("*");
	}

	@ParameterizedTest
	@ValueSource(strings = { "/oauth2/authorize", "/login", "/consent", "/admin/clients" })
	void pagesHaveNoCorsHeaders(String path) throws Exception {
		assertThat(send(request(path)).headers().firstValue(ALLOW_ORIGIN)).isEmpty();
	}

	private HttpResponse<String> preflight(String method, String path) throws IOException, InterruptedException {
		return send(request(path).header("Access-Control-Request-Method", method)
			.header("Access-Control-Request-Headers", "content-type, mcp-protocol-version")
			.method("OPTIONS", BodyPublishers.noBody()));
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(URI.create(ISSUER + path)).header("Origin", "http://localhost:6274");
	}

	private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
		return this.http.send(request.build(), BodyHandlers.ofString());
	}

}
