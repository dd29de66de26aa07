package io.mcpsecurity.sample.authorizationserver;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;

import io.mcpsecurity.sample.OAuthClient;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.context.AutoConfigureTestAuthorizationServer;
import io.mcpsecurity.test.context.McpSecurityContract;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Another issuer is trusted, and nothing of this one is left.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "sample.authorization-server.enabled=false",
				"spring.security.oauth2.resourceserver.jwt.issuer-uri=https://issuer.example",
				"mcp-security.resource=http://localhost/mcp" })
@AutoConfigureTestAuthorizationServer
class AuthorizationServerDisabledTests {

	@LocalServerPort
	private int port;

	@ParameterizedTest
	@ValueSource(strings = { "/.well-known/oauth-authorization-server", "/oauth2/jwks", "/oauth2/authorize", "/login",
			"/consent", "/admin/clients", "/console", "/console/news?after=0" })
	void pathIsNotServed(String path) {
		assertThat(new OAuthClient("http://localhost:" + this.port).get(path).status()).isBetween(400, 499);
	}

	@Test
	void everythingButTheTimeAndTheCallerNeedsScopes(@Autowired McpSecurityContract contract) {
		contract.open("server_time", "who_am_i").verify();
	}

	@Test
	void onlyMcpEndpointAndHealthAreAccessible(@Autowired TestAuthorizationServer issuer) throws Exception {
		// A good token for another server, of a type that Spring Boot's decoder accepts.
		String token = issuer.token("https://other.example").type("JWT").sign();
		assertThat(get("/actuator/health").statusCode()).isNotIn(401, 403, 404);
		for (String path : List.of("/actuator/mcpsecurity", "/actuator/prometheus", "/actuator", "/anything")) {
			HttpResponse<String> response = get(path, "Authorization", "Bearer " + token);
			assertThat(response.statusCode()).as(path).isEqualTo(403);
			assertThat(get(path).statusCode()).as(path).isEqualTo(403);
			assertThat(response.headers().firstValue("Set-Cookie")).isEmpty();
		}
	}

	private HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + this.port + path));
		if (headers.length > 0) {
			request.headers(headers);
		}
		return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
	}

	@Test
	void beansOfAuthorizationServerAndConsoleAreAbsent(@Autowired ApplicationContext context) {
		List<String> packages = List.of("io.mcpsecurity.authorizationserver.", "io.mcpsecurity.sample.console.");
		assertThat(context.getBeanDefinitionNames()).allSatisfy((name) -> {
			Class<?> type = context.getType(name);
			String typeName = (type != null) ? type.getName() : "";
			assertThat(packages).noneMatch(typeName::startsWith);
		});
	}

}
