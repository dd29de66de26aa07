package io.mcpsecurity.sample.keycloak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.OAuthClient;
import io.mcpsecurity.test.McpResponse;
import io.mcpsecurity.test.McpTestClient;
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
import org.springframework.test.util.TestSocketUtils;

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

	private static final int PORT = TestSocketUtils.findAvailableTcpPort();

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
		properties.add("mcp-security.dpop.mode", () -> "allowed");
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
	 * Call a tool at the sample's MCP endpoint.
	 */
	static McpResponse call(String token, String tool, Map<String, ?> arguments) {
		return new McpTestClient(URI.create(ENDPOINT), null).withToken(token).call(tool, arguments);
	}

	static McpResponse browse(String token) {
		return call(token, "browse_records", Map.of());
	}

	static McpResponse export(String token) {
		return call(token, "export_records", Map.of("format", "csv"));
	}

	static McpResponse purge(String token) {
		return call(token, "purge_records", Map.of("before", "1900-01-01"));
	}

	/**
	 * What the server knows of the caller.
	 */
	static JsonNode whoAmI(String token) {
		return JsonMapper.shared().readTree(call(token, "who_am_i", Map.of()).text());
	}

	HttpResponse<String> get(String url) {
		try {
			return this.http.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw KeycloakServer.interrupted(ex);
		}
	}

	/**
	 * A parameter of the one challenge in a response, or {@code null}.
	 */
	static String challenge(HttpResponse<String> response, String name) {
		return McpResponse.of(response).challenge(name);
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
