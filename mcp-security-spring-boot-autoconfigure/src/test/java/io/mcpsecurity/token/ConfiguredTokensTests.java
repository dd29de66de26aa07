package io.mcpsecurity.token;

import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.Map;

import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.SecuredServers;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestIntrospectionEndpoint;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tokens of authorization servers that are accepted only by configuration, over HTTP.
 */
class ConfiguredTokensTests {

	/** As ADFS has it: another scheme and path than those of its endpoints. */
	private static final String ISSUER = "http://adfs.example.com/adfs/services/trust";

	private static final String FACADE = "https://facade.example.com";

	private static final String SECRET = "s3cr:t% +\u00e4&=";

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";

	private static final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private static final TestIntrospectionEndpoint endpoint = TestIntrospectionEndpoint.start();

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		String property = "mcp-security.authorization-servers[0].";
		server = SecuredServer.start(RecordsApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", property + "issuer=" + ISSUER,
				property + "jwk-set-uri=" + authorizationServer.issuer() + "/keys",
				property + "advertised-as=" + FACADE, property + "claims.client-as-subject=true",
				property + "claims.scopes=scope,urn:zitadel:iam:org:project:roles",
				property + "introspection.uri=" + endpoint.uri(), property + "introspection.client-id=the server",
				property + "introspection.client-secret=" + SECRET,
				property + "introspection.secret-method=client_secret_post", "mcp-security.policy.wildcard-scopes=true",
				"mcp-security.policy.scope-hierarchy=records:admin > archive:read > records.purge",
				"mcp-security.scopes[0].name=records:export",
				"mcp-security.scopes[0].granted-as=ROLE_export,MCP-EXPORT");
	}

	@AfterAll
	static void stop() {
		server.close();
		endpoint.close();
		authorizationServer.close();
	}

	@Test
	void issuerJwkSetUriAndAdvertisedServerAreConfiguredSeparately() {
		assertThat(status(token(), "time")).isEqualTo(200);
		for (String issuer : new String[] { FACADE, authorizationServer.issuer(), ISSUER + "/" }) {
			assertThat(status(token().claim("iss", issuer), "time")).as(issuer).isEqualTo(401);
		}
		HttpResponse<String> metadata = server.get(server.url("/.well-known/oauth-protected-resource/mcp"));
		assertThat(SecuredServer.json(metadata).path("authorization_servers")).hasToString("[\"" + FACADE + "\"]");
		assertThat(authorizationServer.metadataRequests()).isZero();
	}

	@Test
	void whenNoSubjectThenClientIsUsedAsSubject() {
		assertThat(who(token().claim("sub", null))).startsWith("McpCaller[subject=test-client, issuer=" + ISSUER);
		assertThat(who(token().claim("sub", ""))).startsWith("McpCaller[subject=test-client,");
		assertThat(who(token())).startsWith("McpCaller[subject=alice,");
		assertThat(status(token().claim("sub", null).claim("client_id", null), "time")).isEqualTo(401);
	}

	@Test
	void rolesOfZitadelGrantScopes() {
		assertThat(status(token().claim("urn:zitadel:iam:org:project:roles",
				Map.of("records:browse", Map.of("17", "example.com"))), "browse"))
			.isEqualTo(200);
	}

	@ParameterizedTest
	@ValueSource(strings = { "ROLE_export", "MCP-EXPORT" })
	void configuredNameGrantsScopeAndIsCaseSensitive(String role) {
		assertThat(status(token().scope(role), "export")).isEqualTo(200);
		assertThat(status(token().scope(role.toLowerCase()), "export")).isEqualTo(403);
	}

	@ParameterizedTest
	@CsvSource({ "records:*, browse, true", "records:*, purge, true", "records:*, move, true",
			"records:*, export, true", "records:browse, move, false", "rec*, browse, false", "*, browse, false",
			"records:b*, browse, false", "records*, browse, false", "record:*, browse, false", ":*, browse, false",
			"records.*, browse, false", "records:**, browse, false", "Records:*, browse, false" })
	void wildcardGrantsScopesWithItsPrefix(String scope, String tool, boolean allowed) {
		assertThat(status(token().scope(scope), tool)).isEqualTo(allowed ? 200 : 403);
	}

	@Test
	void wildcardIsOrdinaryScopeUnlessConfigured() {
		SecuredServer other = SecuredServers.of(Protocol.STATELESS);
		assertThat(other.callTool(other.token("records:*").sign(), "browse", "{}").statusCode()).isEqualTo(403);
	}

	@Test
	void clientSecretIsSentInForm() {
		endpoint.answer("opaque", Map.of("active", true, "sub", "alice", "aud", server.url(), "exp",
				Instant.now().plusSeconds(300).getEpochSecond()));
		assertThat(server.send(server.post("opaque", LIST)).statusCode()).isEqualTo(200);
		TestIntrospectionEndpoint.Request request = endpoint.requests().get(0);
		assertThat(request.authorization()).isNull();
		assertThat(request.parameters()).containsEntry("client_id", "the server")
			.containsEntry("client_secret", SECRET);
	}

	@Test
	void whenStartLockedWithoutAuthorizationServerThenAllRequestsGet503() {
		try (SecuredServer locked = SecuredServer.start(RecordsApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.authorization-servers=",
				"mcp-security.start-locked=true", "mcp-security.policy.anonymous-discovery=true",
				"mcp-security.policy.rules[0].tools=time", "mcp-security.policy.rules[0].access=public")) {
			String call = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"time\"}}";
			for (String body : new String[] { LIST, call }) {
				for (String token : new String[] { null, "opaque", locked.token("records:browse").sign() }) {
					HttpResponse<String> response = locked.send(locked.post(token, body));
					assertThat(response.statusCode()).isEqualTo(503);
					assertThat(response.headers().firstValue("Retry-After")).isPresent();
				}
			}
			HttpResponse<String> metadata = locked.get(locked.url("/.well-known/oauth-protected-resource/mcp"));
			assertThat(metadata.statusCode()).isEqualTo(200);
			assertThat(metadata.body()).doesNotContain("authorization_servers");
		}
	}

	private static TestAuthorizationServer.Token token() {
		return server.token().claim("iss", ISSUER);
	}

	private static int status(TestAuthorizationServer.Token token, String tool) {
		return server.callTool(token.sign(), tool, "{}").statusCode();
	}

	private static String who(TestAuthorizationServer.Token token) {
		return SecuredServer.text(server.callTool(token.sign(), "who", "{}"));
	}

}
