package io.mcpsecurity.authorizationserver;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;

import org.junit.jupiter.api.Test;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.mock.env.MockEnvironment;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AccessToken.TokenType;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientCredentialsAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2TokenExchangeAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.context.AuthorizationServerContext;
import org.springframework.security.oauth2.server.authorization.settings.AuthorizationServerSettings;
import org.springframework.security.oauth2.server.authorization.token.DefaultOAuth2TokenContext;
import org.springframework.security.oauth2.server.authorization.token.JwtGenerator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tokens for one of two resources.
 */
class AccessTokenClaimsTests {

	private static final String A = "https://a.example/mcp";

	private static final String B = "https://b.example/mcp";

	private static final Duration LIFETIME = Duration.ofMinutes(5);

	private final MockEnvironment environment = new MockEnvironment()
		.withProperty("mcp-authorization-server.issuer", "https://auth.example")
		.withProperty("mcp-authorization-server.resources[0].identifier", A)
		.withProperty("mcp-authorization-server.resources[0].scopes[0].name", "a:read")
		.withProperty("mcp-authorization-server.resources[0].scopes[1].name", "a:write")
		.withProperty("mcp-authorization-server.resources[1].identifier", B)
		.withProperty("mcp-authorization-server.resources[1].scopes[0].name", "b:read")
		.withProperty("mcp-authorization-server.clients.agent.secret", "{bcrypt}$2a$10$dXJ3SW6G7P50lGmMkkmwe");

	private final AuthorizationServerProperties properties = Binder.get(this.environment)
		.bindOrCreate(AuthorizationServerProperties.PREFIX, AuthorizationServerProperties.class);

	private final AuthorizationServerModel model = new AuthorizationServerModel(this.properties, this.environment);

	private final RegisteredClient agent = this.model.clients().get(0);

	private final OAuth2ClientAuthenticationToken authenticated = new OAuth2ClientAuthenticationToken(this.agent,
			this.agent.getClientAuthenticationMethods().iterator().next(), null);

	private final JwtGenerator tokens;

	AccessTokenClaimsTests() throws IOException {
		this.tokens = new JwtGenerator(new SigningKeysConfiguration()
			.jwtEncoder(new SigningKeys(SigningKeyStore.NONE, this.properties.keys(), LIFETIME, Clock.systemUTC())));
		this.tokens.setJwtCustomizer(new AccessTokenClaims(new ResourceIndicators(this.model.resources()), this.model));
	}

	@Test
	void tokenHasOnlyScopesOfItsResource() {
		Jwt token = clientCredentials(A, "a:read", "b:read");
		assertThat(token.getAudience()).containsExactly(A);
		assertThat(token.getClaims()).containsEntry(OAuth2ParameterNames.SCOPE, "a:read");
	}

	@Test
	void tokenWithoutScopesOfItsResourceHasNoScope() {
		assertThat(clientCredentials(A, "b:read").getClaims()).doesNotContainKey(OAuth2ParameterNames.SCOPE);
	}

	@Test
	void exchangeDoesNotGrantScopesThatOnlyTheAuthorizationOfItsSubjectTokenHas() {
		OAuth2Authorization subject = subject("a:read", LIFETIME);
		assertThatExceptionOfType(OAuth2AuthenticationException.class).isThrownBy(() -> exchange(subject, B, "b:read"))
			.satisfies((ex) -> assertThat(ex.getError().getErrorCode()).isEqualTo(OAuth2ErrorCodes.INVALID_SCOPE));
		assertThat(exchange(subject, B).getClaims()).doesNotContainKey(OAuth2ParameterNames.SCOPE);
		assertThat(exchange(subject, A).getClaims()).containsEntry(OAuth2ParameterNames.SCOPE, "a:read");
	}

	@Test
	void exchangedTokenDoesNotOutliveItsSubjectToken() {
		OAuth2Authorization soon = subject("a:read", Duration.ofMinutes(1));
		assertThat(exchange(soon, A, "a:read").getExpiresAt())
			.isEqualTo(soon.getAccessToken().getToken().getExpiresAt());
		OAuth2Authorization late = subject("a:read", Duration.ofHours(1));
		Jwt token = exchange(late, A, "a:read");
		assertThat(token.getExpiresAt()).isEqualTo(token.getIssuedAt().plus(LIFETIME));
	}

	private Jwt clientCredentials(String resource, String... scopes) {
		return generate(context(scopes).principal(this.authenticated)
			.authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
			.authorizationGrant(new OAuth2ClientCredentialsAuthenticationToken(this.authenticated, Set.of(scopes),
					Map.of(OAuth2ParameterNames.RESOURCE, resource))));
	}

	/** As in the token endpoint: without requested scopes, those of the authorization. */
	private Jwt exchange(OAuth2Authorization subject, String resource, String... scopes) {
		String[] authorized = (scopes.length > 0) ? scopes : subject.getAuthorizedScopes().toArray(String[]::new);
		return generate(context(authorized).principal(new TestingAuthenticationToken("alice", null))
			.authorization(subject)
			.authorizationGrantType(AuthorizationGrantType.TOKEN_EXCHANGE)
			.authorizationGrant(new OAuth2TokenExchangeAuthenticationToken("access_token", "subject", "access_token",
					this.authenticated, null, null, Set.of(resource), null, Set.of(scopes), null)));
	}

	private DefaultOAuth2TokenContext.Builder context(String... scopes) {
		return DefaultOAuth2TokenContext.builder()
			.registeredClient(this.agent)
			.authorizationServerContext(new Context(this.model.issuer()))
			.authorizedScopes(Set.copyOf(Arrays.asList(scopes)))
			.tokenType(OAuth2TokenType.ACCESS_TOKEN);
	}

	private Jwt generate(DefaultOAuth2TokenContext.Builder context) {
		Jwt token = this.tokens.generate(context.build());
		assertThat(token).isNotNull();
		return token;
	}

	/** An authorization for both resources, whose token is for one of them. */
	private OAuth2Authorization subject(String scope, Duration lifetime) {
		Instant now = Instant.now();
		Instant expiry = now.plus(lifetime);
		Set<String> authorized = Set.of("a:read", "b:read");
		OAuth2AccessToken token = new OAuth2AccessToken(TokenType.BEARER, "subject", now, expiry, authorized);
		return OAuth2Authorization.withRegisteredClient(this.agent)
			.principalName("alice")
			.authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
			.authorizedScopes(authorized)
			.token(token,
					(metadata) -> metadata.put(OAuth2Authorization.Token.CLAIMS_METADATA_NAME,
							Map.of(OAuth2ParameterNames.SCOPE, scope, "exp", expiry)))
			.build();
	}

	/**
	 * The server of a request.
	 *
	 * @param getIssuer the issuer
	 */
	private record Context(String getIssuer) implements AuthorizationServerContext {

		@Override
		public AuthorizationServerSettings getAuthorizationServerSettings() {
			return AuthorizationServerSettings.builder().issuer(this.getIssuer).build();
		}

	}

}
