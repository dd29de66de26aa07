package io.mcpsecurity.sample.keycloak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.OAuthClient;
import io.mcpsecurity.sample.SampleTestBase;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.ActiveProfiles;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/**
 * The sample with its profile {@code keycloak} and a real Keycloak, each at a port of its
 * own. As in the realm's file, the resource identifier is the address that the sample has
 * outside of tests.
 */
@SpringBootTest(webEnvironment = WebEnvironment.DEFINED_PORT)
@ActiveProfiles("keycloak")
@DisabledIfSystemProperty(named = "keycloak.skip", matches = "true")
abstract class KeycloakTestBase {

	static final String RESOURCE = "http://localhost:8080/mcp";

	static final String BROWSE = "research:browse";

	static final String EXPORT = "research:export";

	static final String PURGE = "research:purge";

	/** For what takes a moment, on a machine that has much else to do. */
	static final Duration PATIENCE = Duration.ofSeconds(30);

	static final String INSPECTOR = "mcp-inspector";

	private static final String INSPECTOR_CALLBACK = "http://localhost:6274/oauth/callback";

	private static final int PORT = SampleTestBase.freePort();

	/** Where the sample's MCP endpoint is in tests. */
	static final String ENDPOINT = "http://localhost:" + PORT + "/mcp";

	static final String METADATA = "http://localhost:" + PORT + "/.well-known/oauth-protected-resource/mcp";

	private static final Pattern PARAMETER = Pattern.compile("(\\w+)=\"([^\"]*)\"");

	private final HttpClient http = HttpClient.newHttpClient();

	@Autowired
	@Qualifier("mcpAuditEventRepository")
	private AuditEventRepository auditEvents;

	@DynamicPropertySource
	static void addresses(DynamicPropertyRegistry properties) {
		properties.add("server.port", () -> PORT);
		properties.add("mcp-security.resource", () -> RESOURCE);
		properties.add("mcp-security.metadata.url", () -> METADATA);
		properties.add("spring.security.oauth2.resourceserver.jwt.issuer-uri", () -> keycloak().issuer());
		properties.add("mcp-security.token.keys.retry-interval", () -> "1s");
	}

	static KeycloakServer keycloak() {
		return KeycloakServer.shared();
	}

	/**
	 * What a client does at Keycloak behind the browser's back.
	 */
	static OAuthClient client() {
		String issuer = keycloak().issuer();
		return new OAuthClient(issuer, issuer + "/protocol/openid-connect/token",
				issuer + "/clients-registrations/openid-connect");
	}

	static AuthorizationRequest request(String clientId, String callback, String... scopes) {
		return new AuthorizationRequest(URI.create(keycloak().issuer() + "/protocol/openid-connect/auth"), clientId,
				callback)
			.scope(scopes)
			.resource(RESOURCE);
	}

	static AuthorizationRequest inspectorRequest(String... scopes) {
		return request(INSPECTOR, INSPECTOR_CALLBACK, scopes);
	}

	/**
	 * Sign in as a user with MCP Inspector's client.
	 */
	static OAuthClient.Answer signIn(String user, String... scopes) {
		AuthorizationRequest request = inspectorRequest(scopes);
		try (KeycloakUser browser = new KeycloakUser(keycloak(), user)) {
			return client().redeem(request, browser.authorize(request).get("code"));
		}
	}

	/**
	 * Call a tool as an MCP client does that has initialized.
	 */
	HttpResponse<String> call(String token, String tool, String arguments) {
		return call(ENDPOINT, token, tool, arguments);
	}

	/**
	 * Call a tool of the sample at another MCP endpoint.
	 */
	HttpResponse<String> call(String endpoint, String token, String tool, String arguments) {
		HttpResponse<String> initialized = send(post(endpoint, token, "initialize", """
				{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}"""));
		return initialized.headers()
			.firstValue("Mcp-Session-Id")
			.map((session) -> send(
					post(endpoint, token, "tools/call", "{\"name\":\"%s\",\"arguments\":%s}".formatted(tool, arguments))
						.header("Mcp-Session-Id", session)))
			.orElse(initialized);
	}

	HttpResponse<String> browse(String token) {
		return call(token, "browse_records", "{}");
	}

	HttpResponse<String> export(String token) {
		return call(token, "export_records", "{\"format\":\"csv\"}");
	}

	HttpResponse<String> purge(String token) {
		return call(token, "purge_records", "{\"before\":\"1900-01-01\"}");
	}

	/**
	 * What the server knows of the caller.
	 */
	JsonNode whoAmI(String token) {
		String body = call(token, "who_am_i", "{}").body();
		String text = JsonMapper.shared().readTree(body).at("/result/content/0/text").asString();
		return JsonMapper.shared().readTree(text);
	}

	private static HttpRequest.Builder post(String endpoint, String token, String method, String params) {
		return HttpRequest.newBuilder(URI.create(endpoint))
			.header("Content-Type", "application/json")
			.header("Accept", "application/json, text/event-stream")
			.header("Authorization", "Bearer " + token)
			.POST(BodyPublishers
				.ofString("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}".formatted(method, params)));
	}

	HttpResponse<String> get(String url) {
		return send(HttpRequest.newBuilder(URI.create(url)));
	}

	private HttpResponse<String> send(HttpRequest.Builder request) {
		try {
			return this.http.send(request.build(), BodyHandlers.ofString());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw KeycloakServer.interrupted(ex);
		}
	}

	/**
	 * A parameter of the one challenge in an answer, or {@code null}.
	 */
	static String challenge(HttpResponse<String> response, String name) {
		List<String> challenges = response.headers().allValues("WWW-Authenticate");
		return (challenges.size() == 1) ? parameter(challenges.get(0), name) : null;
	}

	static String parameter(String challenge, String name) {
		Matcher matcher = PARAMETER.matcher(challenge);
		while (matcher.find()) {
			if (matcher.group(1).equals(name)) {
				return matcher.group(2);
			}
		}
		return null;
	}

	/**
	 * The audit events of calls with a token.
	 */
	List<Map<String, Object>> auditEvents(String token) {
		Object tokenId = OAuthClient.claims(token).get("jti");
		return this.auditEvents.find(null, null, null)
			.stream()
			.map(AuditEvent::getData)
			.filter((data) -> tokenId.equals(data.get("tokenId")))
			.toList();
	}

}
