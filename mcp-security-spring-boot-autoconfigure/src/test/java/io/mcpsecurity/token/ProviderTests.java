package io.mcpsecurity.token;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import com.nimbusds.jose.jwk.JWK;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestAuthorizationServer.Token;
import io.mcpsecurity.test.TokenShape;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

/**
 * Tokens of the shape that each kind of authorization server gives them, signed and sent
 * over HTTP to one server that trusts one of each kind.
 */
class ProviderTests {

	private static final String APPLICATION = "10000000-0000-0000-0000-000000000001";

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";

	private static final Map<Provider, TestAuthorizationServer> issuers = new EnumMap<>(Provider.class);

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		List<String> properties = new ArrayList<>(List.of("spring.ai.mcp.server.protocol=STATELESS"));
		for (Provider provider : Provider.values()) {
			TestAuthorizationServer issuer = TestAuthorizationServer.stopped(path(provider));
			issuer.open();
			String property = "mcp-security.authorization-servers[" + issuers.size() + "].";
			issuers.put(provider, issuer);
			properties.add(property + "issuer=" + issuer.issuer());
			properties.add(property + "provider=" + provider.text());
			switch (provider) {
				case FUSIONAUTH, ENTRA -> properties.add(property + "audiences=" + APPLICATION);
				case COGNITO -> properties
					.addAll(List.of(property + "audiences=the-client", property + "scope-prefix=https://api.example/"));
				case KEYCLOAK -> properties.add(property + "claims.scopes=scope,realm_access.roles");
				case SPRING -> properties.add(property + "audiences=the-client");
				default -> {
				}
			}
		}
		server = SecuredServer.start(RecordsApplication.class, issuers.get(Provider.GENERIC),
				properties.toArray(String[]::new));
	}

	@AfterAll
	static void stop() {
		server.close();
		issuers.values().forEach(TestAuthorizationServer::close);
	}

	private static String path(Provider provider) {
		return switch (provider) {
			case KEYCLOAK -> "/realms/main";
			case OKTA -> "/oauth2/default";
			case AUTH0 -> "/";
			case ENTRA -> "/tenant/v2.0";
			case PING_AIC -> "/am/oauth2/realms/root/realms/alpha";
			default -> "";
		};
	}

	/**
	 * An access token as the provider makes it, with roles and actors where it has some.
	 */
	private static Token token(Provider provider) {
		String audience = switch (provider) {
			case FUSIONAUTH, ENTRA -> APPLICATION;
			case OKTA -> "api://default";
			case SPRING -> "the-client";
			default -> server.url();
		};
		Token token = issuers.get(provider)
			.token(audience)
			.shape(TokenShape.valueOf(provider.name()))
			.clientId("the-client")
			.scope("records:browse");
		Map<String, Object> act = Map.of("sub", "the-agent");
		List<String> roles = List.of("records:write");
		return switch (provider) {
			case KEYCLOAK -> token.scope("openid", "records:browse").claim("realm_access", Map.of("roles", roles));
			case FUSIONAUTH ->
				token.claim("roles", roles).claim("act", Map.of("sub", "the-agent", "sub_profile", "ai_agent"));
			case PING_AIC -> token.claim("act", act).claim("may_act", Map.of("sub", "somebody"));
			case PINGONE -> token.claim("p1.permissions", roles);
			case OKTA -> token;
			case ENTRA -> token.claim("roles", roles);
			case AUTH0 -> token.claim("permissions", roles).claim("act", act);
			case COGNITO -> token.claim("cognito:groups", roles).scope("https://api.example/records:browse");
			case THUNDERID, SPRING, GENERIC -> token.claim("act", act);
		};
	}

	@ParameterizedTest
	@EnumSource
	void callerIsReadFromClaimsOfProvider(Provider provider) {
		String scopes = (provider == Provider.KEYCLOAK) ? "openid, records:browse, records:write" : "records:browse";
		boolean actor = !List.of(Provider.KEYCLOAK, Provider.PINGONE, Provider.OKTA, Provider.ENTRA, Provider.COGNITO)
			.contains(provider);
		String caller = SecuredServer.text(server.callTool(token(provider).sign(), "who", "{}"));
		assertThat(caller)
			.startsWith("McpCaller[subject=alice, issuer=" + issuers.get(provider).issuer()
					+ ", client=the-client, actors=["
					+ (actor ? "McpActor[subject=the-agent, issuer=null, client=null]" : "") + "],")
			.satisfies((text) -> assertThat(text.replaceAll(".*scopes=\\[(.*?)].*", "$1").split(", "))
				.containsExactlyInAnyOrder(scopes.split(", ")));
		assertThat(SecuredServer.text(server.callTool(token(provider).sign(), "browse", "{}"))).startsWith("browsed");
	}

	@ParameterizedTest
	@EnumSource
	void tokenForOtherAudienceIsRefused(Provider provider) {
		String claim = (provider == Provider.COGNITO) ? "client_id" : "aud";
		assertRefused("was not issued for this server", token(provider).claim(claim, "another"));
		assertRefused("was not issued for this server", token(provider).claim(claim, null));
		if (provider == Provider.COGNITO) {
			assertRefused("was not issued for this server", token(provider).claim("aud", "https://other.example"));
		}
	}

	static Stream<Arguments> otherTokensOfProviderAreRefused() {
		return Stream.of(wrong(Provider.KEYCLOAK, "an ID token", (token) -> token.claim("typ", "ID")),
				wrong(Provider.KEYCLOAK, "a refresh token", (token) -> token.claim("typ", "Refresh")),
				wrong(Provider.KEYCLOAK, "an offline token", (token) -> token.claim("typ", "Offline")),
				wrong(Provider.KEYCLOAK, "a token that says nothing", (token) -> token.claim("typ", null)),
				wrong(Provider.THUNDERID, "an ID token", (token) -> token.type("JWT")),
				wrong(Provider.THUNDERID, "a token without a type", (token) -> token.type(null)),
				wrong(Provider.FUSIONAUTH, "an ID token",
						(token) -> token.claim("tty", null).claim("scope", null).claim("at_hash", null)),
				wrong(Provider.FUSIONAUTH, "a token of another use", (token) -> token.claim("tty", "id")),
				wrong(Provider.PING_AIC, "an ID token", (token) -> token.claim("tokenName", "id_token")),
				wrong(Provider.PING_AIC, "a refresh token", (token) -> token.claim("tokenName", "refresh_token")),
				wrong(Provider.PING_AIC, "a token that says nothing", (token) -> token.claim("tokenName", null)),
				wrong(Provider.PINGONE, "an ID token", (token) -> token.claim("client_id", null)),
				wrong(Provider.PINGONE, "a token of another type", (token) -> token.type("JWT")),
				wrong(Provider.OKTA, "an ID token",
						(token) -> token.claim("cid", null).claim("scp", null).claim("idp", "00o1")),
				wrong(Provider.OKTA, "a token of another type", (token) -> token.type("JWT")),
				wrong(Provider.ENTRA, "an ID token of an application that is its own API",
						(token) -> token.claim("azp", null).claim("scp", null)),
				wrong(Provider.ENTRA, "a token without a type", (token) -> token.type(null)),
				wrong(Provider.AUTH0, "an ID token", (token) -> token.claim("azp", null).claim("scope", null)),
				wrong(Provider.AUTH0, "a token without a type", (token) -> token.type(null)),
				wrong(Provider.COGNITO, "an ID token", (token) -> token.claim("token_use", "id")),
				wrong(Provider.COGNITO, "a token that says nothing", (token) -> token.claim("token_use", null)),
				wrong(Provider.COGNITO, "a token of another type", (token) -> token.type("JWT")),
				wrong(Provider.SPRING, "an ID token for the same client",
						(token) -> token.claim("azp", "the-client").claim("scope", null)),
				wrong(Provider.SPRING, "a token of another type", (token) -> token.type("JWT")),
				wrong(Provider.GENERIC, "an ID token", (token) -> token.claim("at_hash", "x")),
				wrong(Provider.GENERIC, "a token of another type", (token) -> token.type("id_token+jwt")));
	}

	@ParameterizedTest
	@MethodSource
	void otherTokensOfProviderAreRefused(Provider provider, UnaryOperator<Token> change) {
		assertRefused("not an access token|not that of an access token", change.apply(token(provider)));
	}

	@Test
	void rolesOfEntraApplicationTokenGrantScopes() {
		Token token = token(Provider.ENTRA).claim("scp", null).claim("roles", List.of("records:browse"));
		assertThat(SecuredServer.text(server.callTool(token.sign(), "browse", "{}"))).startsWith("browsed");
		assertThat(server.callTool(token(Provider.ENTRA).sign(), "move", "{}").statusCode()).isEqualTo(403);
	}

	@Test
	void clientOfEntraVersion1TokenIsReadFromAppid() {
		Token token = token(Provider.ENTRA).claim("azp", null).claim("appid", "old-client").claim("ver", "1.0");
		assertThat(SecuredServer.text(server.callTool(token.sign(), "who", "{}"))).contains("client=old-client");
	}

	@Test
	void singleStringRoleIsNotSplit() {
		Token token = token(Provider.KEYCLOAK).claim("realm_access", Map.of("roles", "records:write x"));
		assertThat(SecuredServer.text(server.callTool(token.sign(), "who", "{}")))
			.containsPattern("scopes=\\[[^\\]]*records:write x[,\\]]");
		assertThat(server.callTool(token.sign(), "move", "{}").statusCode()).isEqualTo(403);
	}

	@Test
	void rolesGrantScopesOnlyIfConfigured() {
		Token token = token(Provider.AUTH0).scope("records:browse");
		assertThat(server.callTool(token.sign(), "move", "{}").statusCode()).isEqualTo(403);
		assertThat(SecuredServer.text(server.callTool(token(Provider.KEYCLOAK).sign(), "move", "{}")))
			.isEqualTo("moved");
	}

	@Test
	void clientIsSubjectOnlyIfPresetAllowsMissingSubject() {
		Token token = token(Provider.PINGONE).claim("sub", null);
		assertThat(SecuredServer.text(server.callTool(token.sign(), "who", "{}"))).contains("[subject=the-client,");
		assertRefused("no sub claim", token(Provider.OKTA).claim("sub", null));
	}

	@Test
	void issuerWithoutTrailingSlashIsDifferent() {
		String issuer = issuers.get(Provider.AUTH0).issuer();
		assertThat(issuer).endsWith("/");
		assertRefused("not trusted here", token(Provider.AUTH0).claim("iss", issuer.substring(0, issuer.length() - 1)));
	}

	@ParameterizedTest
	@EnumSource
	void tokenSignedWithKeyOfOtherIssuerIsRefused(Provider provider) {
		Provider other = Provider.values()[(provider.ordinal() + 1) % Provider.values().length];
		assertRefused("no key of its issuer", token(provider).key(strangersKey(other)));
	}

	private static JWK strangersKey(Provider provider) {
		return issuers.get(provider).signingKey();
	}

	@Test
	void metadataContainsAllAuthorizationServers() {
		HttpResponse<String> metadata = server.get(server.url("/.well-known/oauth-protected-resource/mcp"));
		assertThat(
				SecuredServer.json(metadata).at("/authorization_servers").valueStream().map((node) -> node.asString()))
			.containsExactlyElementsOf(issuers.values().stream().map(TestAuthorizationServer::issuer).toList());
	}

	private static Arguments wrong(Provider provider, String name, UnaryOperator<Token> change) {
		return argumentSet(provider.text() + ": " + name, provider, change);
	}

	private static void assertRefused(String description, Token token) {
		HttpResponse<String> response = server.send(server.post(token.sign(), LIST));
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow()).containsPattern(description);
	}

}
