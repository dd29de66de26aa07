package io.mcpsecurity.sample.authorizationserver;

import java.util.Arrays;
import java.util.List;

import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;

/**
 * The preconfigured clients: two agents that act on their own behalf, and the MCP
 * Inspector, which acts for a user.
 */
final class KnownClients {

	private static final String INSPECTOR_CALLBACK = ":6274/oauth/callback";

	private KnownClients() {
	}

	static List<RegisteredClient> create(PasswordEncoder encoder, TokenSettings tokens) {
		return List.of(
				agent("analyst-agent", "analyst-secret", encoder, tokens, ResearchScope.BROWSE, ResearchScope.EXPORT),
				agent("admin-agent", "admin-secret", encoder, tokens, ResearchScope.values()), inspector(tokens));
	}

	private static RegisteredClient agent(String id, String secret, PasswordEncoder encoder, TokenSettings tokens,
			ResearchScope... scopes) {
		return RegisteredClient.withId(id)
			.clientId(id)
			.clientName(id)
			.clientSecret(encoder.encode(secret))
			.clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_BASIC)
			.clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_POST)
			.authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
			.authorizationGrantType(AuthorizationGrantType.TOKEN_EXCHANGE)
			.scopes((all) -> all.addAll(ResearchScope.values(Arrays.asList(scopes))))
			.tokenSettings(tokens)
			.build();
	}

	/**
	 * The Inspector may request all scopes, and the user decides which of them to grant.
	 */
	private static RegisteredClient inspector(TokenSettings tokens) {
		return RegisteredClient.withId("mcp-inspector")
			.clientId("mcp-inspector")
			.clientName("MCP Inspector")
			.clientAuthenticationMethod(ClientAuthenticationMethod.NONE)
			.authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
			.authorizationGrantType(AuthorizationGrantType.REFRESH_TOKEN)
			.redirectUri("http://localhost" + INSPECTOR_CALLBACK)
			.redirectUri("http://localhost" + INSPECTOR_CALLBACK + "/debug")
			.redirectUri("http://127.0.0.1" + INSPECTOR_CALLBACK)
			.redirectUri("http://127.0.0.1" + INSPECTOR_CALLBACK + "/debug")
			.scopes((all) -> all.addAll(ResearchScope.values(Arrays.asList(ResearchScope.values()))))
			.clientSettings(ClientSettings.builder().requireProofKey(true).requireAuthorizationConsent(true).build())
			.tokenSettings(tokens)
			.build();
	}

}
