package io.mcpsecurity.authorizationserver;

import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

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
import org.springframework.http.MediaType;
import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application that is an authorization server and nothing else.
 */
class StandaloneServerTests {

	private static final String RESOURCE = "https://api.example.com/mcp";

	private static final String AGENT = "agent:secret";

	private static final String CALLBACK = "http://127.0.0.1:49152/callback";

	private static final Pattern FIELD = Pattern.compile("name=\"(_csrf|state)\"[^>]*value=\"([^\"]*)\"");

	/** Of RFC 7636 appendix B. */
	private static final String VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

	private static final String CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

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
					prefix + "clients.app.redirect-uris=" + CALLBACK, prefix + "roles.READER=records:read",
					prefix + "users.alice.password={noop}alice", prefix + "users.alice.roles=READER",
					prefix + "users.bob.password={noop}bob", prefix + "users.bob.roles=ADMIN")
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
			.containsEntry("client_id_metadata_document_supported", true)
			.containsEntry("authorization_response_iss_parameter_supported", true);
		assertThat(metadata.get("code_challenge_methods_supported")).isEqualTo(List.of("S256"));
	}

	@Test
	void agentGetsTokenForTheResource() throws Exception {
		HttpResponse<String> response = http.send(request("/oauth2/token", AGENT)
			.header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_FORM_URLENCODED_VALUE)
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

	private static Map<String, Object> token(@Nullable String client, String form) throws Exception {
		HttpResponse<String> response = http.send(request("/oauth2/token", client)
			.header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_FORM_URLENCODED_VALUE)
			.POST(BodyPublishers.ofString(form))
			.build(), BodyHandlers.ofString());
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return JSONObjectUtils.parse(response.body());
	}

	private static JWTClaimsSet claims(Map<String, Object> tokens) throws ParseException {
		return SignedJWT.parse(String.valueOf(tokens.get("access_token"))).getJWTClaimsSet();
	}

	/** The page to which a browser is redirected. */
	private static URI visit(HttpClient browser, String path) throws Exception {
		return location(browser.send(request(path, null).header(HttpHeaders.ACCEPT, MediaType.TEXT_HTML_VALUE).build(),
				BodyHandlers.ofString()));
	}

	private static URI submit(HttpClient browser, String path, String form) throws Exception {
		return location(browser
			.send(request(path, null).header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_FORM_URLENCODED_VALUE)
				.POST(BodyPublishers.ofString(form))
				.build(), BodyHandlers.ofString()));
	}

	private static URI location(HttpResponse<String> response) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(302);
		return URI.create(issuer).resolve(response.headers().firstValue(HttpHeaders.LOCATION).orElseThrow());
	}

	private static String page(HttpClient browser, URI uri) throws Exception {
		return browser
			.send(HttpRequest.newBuilder(uri).header(HttpHeaders.ACCEPT, MediaType.TEXT_HTML_VALUE).build(),
					BodyHandlers.ofString())
			.body();
	}

	private static String field(String page, String name) {
		return FIELD.matcher(page)
			.results()
			.filter((field) -> field.group(1).equals(name))
			.map((field) -> field.group(2))
			.findFirst()
			.orElseThrow();
	}

	private static String encoded(String value) {
		return URLEncoder.encode(value, StandardCharsets.UTF_8);
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
