package io.mcpsecurity.authorizationserver;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;

import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpHeaders;
import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application that is an authorization server and nothing else.
 */
class StandaloneServerTests {

	private static final String RESOURCE = "https://api.example.com/mcp";

	private static final String AGENT = "agent:secret";

	private static final HttpClient http = HttpClient.newHttpClient();

	private static String issuer;

	private static ConfigurableApplicationContext server;

	@BeforeAll
	static void start() {
		int port = TestSocketUtils.findAvailableTcpPort();
		issuer = "http://localhost:" + port;
		String prefix = "mcp-authorization-server.";
		server = new SpringApplicationBuilder(Application.class)
			.properties("server.port=" + port, prefix + "issuer=" + issuer,
					prefix + "resources[0].identifier=" + RESOURCE, prefix + "resources[0].scopes[0].name=records:read",
					prefix + "resources[0].scopes[1].name=records:delete", prefix + "clients.agent.secret={noop}secret",
					prefix + "roles.READER=records:read", prefix + "users.alice.password={noop}alice",
					prefix + "users.alice.roles=READER", prefix + "users.bob.password={noop}bob",
					prefix + "users.bob.roles=ADMIN")
			.run();
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@Test
	void metadataNamesWhatClientsNeed() throws Exception {
		HttpResponse<String> response = get("/.well-known/oauth-authorization-server", null);
		Map<String, Object> metadata = JSONObjectUtils.parse(response.body());
		assertThat(metadata).containsEntry("issuer", issuer)
			.containsEntry("registration_endpoint", issuer + "/oauth2/register")
			.containsEntry("protected_resources", List.of(RESOURCE))
			.containsEntry("authorization_response_iss_parameter_supported", true);
		assertThat(metadata.get("code_challenge_methods_supported")).isEqualTo(List.of("S256"));
	}

	@Test
	void agentGetsTokenForTheResource() throws Exception {
		HttpResponse<String> response = http
			.send(request("/oauth2/token", AGENT).header(HttpHeaders.CONTENT_TYPE, "application/x-www-form-urlencoded")
				.POST(BodyPublishers.ofString("grant_type=client_credentials&scope=records:read&resource=" + RESOURCE))
				.build(), BodyHandlers.ofString());
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		JWTClaimsSet claims = SignedJWT
			.parse(String.valueOf(JSONObjectUtils.parse(response.body()).get("access_token")))
			.getJWTClaimsSet();
		assertThat(claims.getAudience()).containsExactly(RESOURCE);
		assertThat(claims.getStringClaim("scope")).isEqualTo("records:read");
	}

	@Test
	void clientThatRegistersItselfGetsTheNarrowestScope() throws Exception {
		HttpResponse<String> response = http
			.send(request("/oauth2/register", null).header(HttpHeaders.CONTENT_TYPE, "application/json")
				.POST(BodyPublishers.ofString(
						"{\"client_name\":\"Cursor\",\"redirect_uris\":[\"cursor://anysphere.cursor-mcp/callback\"],"
								+ "\"token_endpoint_auth_method\":\"none\",\"scope\":\"records:read records:delete\"}"))
				.build(), BodyHandlers.ofString());
		assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
		assertThat(JSONObjectUtils.parse(response.body())).containsEntry("scope", "records:read");
	}

	/** What no other chain protects requires the administrator. */
	@ParameterizedTest
	@CsvSource({ "/other,, 401", "/other, alice:alice, 403", "/other, bob:bob, 404", "/actuator/env, alice:alice, 403",
			"/actuator/health,, 200", "/.well-known/none,, 404", "/, alice:alice, 302",
			"/admin/clients, alice:alice, 302" })
	void otherRequestsRequireTheAdministrator(String path, @Nullable String user, int status) throws Exception {
		assertThat(get(path, user).statusCode()).isEqualTo(status);
	}

	private static HttpResponse<String> get(String path, @Nullable String user) throws Exception {
		return http.send(request(path, user).build(), BodyHandlers.ofString());
	}

	private static HttpRequest.Builder request(String path, @Nullable String user) {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(issuer + path));
		if (user != null) {
			String[] parts = user.split(":");
			request.header(HttpHeaders.AUTHORIZATION, "Basic " + HttpHeaders.encodeBasicAuth(parts[0], parts[1], null));
		}
		return request;
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
