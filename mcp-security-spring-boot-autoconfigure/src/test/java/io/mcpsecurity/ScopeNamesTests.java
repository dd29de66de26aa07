package io.mcpsecurity;

import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Authorization servers that name scopes differently, or grant roles instead.
 */
class ScopeNamesTests {

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		server = SecuredServer.start(RecordsApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.scopes[0].name=records:browse",
				"mcp-security.scopes[0].granted-as=Records.Browse",
				"mcp-security.scopes[0].requested-as=api://records/Records.Browse",
				"mcp-security.scopes[1].name=records:purge", "mcp-security.scopes[1].granted-as=Records Admin,admin",
				"mcp-security.authorization-servers[0].issuer=" + authorizationServer.issuer(),
				"mcp-security.authorization-servers[0].claims.scopes=scope,scp,realm_access.roles,/roles");
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@Test
	void aliasInTokenGrantsScope() {
		String token = server.token().claim("scope", null).claim("scp", "openid Records.Browse").sign();
		assertThat(status(token, "browse")).isEqualTo(200);
		assertThat(status(token, "purge")).isEqualTo(403);
	}

	@Test
	void whenScopeHasAliasThenItsOwnNameInTokenGrantsNothing() {
		assertThat(status(server.token("records:browse").sign(), "browse")).isEqualTo(403);
		assertThat(status(server.token("api://records/Records.Browse").sign(), "browse")).isEqualTo(403);
	}

	@Test
	void challengeAndMetadataContainScopeNameOfAuthorizationServer() {
		HttpResponse<String> denied = server.callTool(server.token().sign(), "browse", "{}");
		assertThat(denied.headers().firstValue("WWW-Authenticate").orElseThrow())
			.contains("scope=\"api://records/Records.Browse\"");
		assertThat(server.send(server.post(null, "{}")).headers().firstValue("WWW-Authenticate").orElseThrow())
			.contains("api://records/Records.Browse")
			.doesNotContain("records:browse");
		assertThat(server.get(server.url("/.well-known/oauth-protected-resource/mcp")).body())
			.contains("api://records/Records.Browse")
			.doesNotContain("records:browse");
	}

	@Test
	void rolesClaimsGrantScopes() {
		assertThat(
				status(server.token().claim("realm_access", Map.of("roles", List.of("user", "admin"))).sign(), "purge"))
			.isEqualTo(200);
		assertThat(status(server.token().claim("roles", List.of("Records Admin")).sign(), "purge")).isEqualTo(200);
		assertThat(status(server.token().claim("groups", List.of("admin")).sign(), "purge")).isEqualTo(403);
	}

	@Test
	void singleStringRoleIsNotSplit() {
		assertThat(status(server.token().claim("roles", "Records Admin").sign(), "purge")).isEqualTo(200);
		assertThat(status(server.token().claim("roles", "user admin").sign(), "purge")).isEqualTo(403);
		assertThat(SecuredServer.text(server.callTool(server.token().claim("roles", "owner").sign(), "who", "{}")))
			.contains("scopes=[owner]");
	}

	@Test
	void blankRolesAreIgnored() {
		assertThat(SecuredServer
			.text(server.callTool(server.token().claim("roles", List.of("", " ")).sign(), "who", "{}")))
			.contains("scopes=[]");
	}

	@Test
	void rolesClaimOfInvalidTypeIsRefused() {
		for (Object roles : List.of(7, Map.of("admin", 1), Map.of("admin", "x", "user", true),
				List.of(List.of("admin")), true)) {
			assertThat(status(server.token().claim("roles", roles).sign(), "time")).as(roles.toString()).isEqualTo(401);
		}
	}

	/**
	 * Zitadel: the organizations that have granted a role are its value.
	 */
	@Test
	void keysOfRolesObjectGrantScopesUnlessTheirValueIsEmpty() {
		Map<String, Object> roles = new HashMap<>(Map.of("admin", Map.of("17", "example.com"), "user", true));
		assertThat(status(server.token().claim("roles", roles).sign(), "purge")).isEqualTo(200);
		for (Object nothing : Arrays.asList(null, false, Map.of())) {
			roles.put("admin", nothing);
			assertThat(status(server.token().claim("roles", roles).sign(), "purge")).as("%s", nothing).isEqualTo(403);
		}
		assertThat(status(server.token().claim("scope", Map.of("admin", true)).sign(), "time")).isEqualTo(401);
	}

	private static int status(String token, String tool) {
		return server.callTool(token, tool, "{}").statusCode();
	}

}
