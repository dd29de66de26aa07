package io.mcpsecurity.authorizationserver;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.OAuth2Token;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2TokenExchangeAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.token.JwtEncodingContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenCustomizer;

/**
 * Issues access tokens in the format of RFC 9068: with the type of access tokens,
 * {@code client_id}, {@code scope} as a string, and the requested resources in
 * {@code aud}. Without a requested resource, {@code aud} is the client id, and no
 * protected resource accepts the token.
 */
final class AccessTokenClaims implements OAuth2TokenCustomizer<JwtEncodingContext> {

	private final ResourceIndicators resources;

	private final AuthorizationServerModel model;

	AccessTokenClaims(ResourceIndicators resources, AuthorizationServerModel model) {
		this.resources = resources;
		this.model = model;
	}

	@Override
	public void customize(JwtEncodingContext context) {
		if (!OAuth2TokenType.ACCESS_TOKEN.equals(context.getTokenType())) {
			return;
		}
		if (context.getAuthorizationGrant() instanceof OAuth2TokenExchangeAuthenticationToken exchange) {
			requireScopesOfSubjectToken(exchange, context.getAuthorization(), context.getAuthorizedScopes());
		}
		context.getJwsHeader().type("at+jwt");
		context.getClaims().claim(OAuth2ParameterNames.CLIENT_ID, context.getRegisteredClient().getClientId());
		Set<String> scopes = new LinkedHashSet<>(context.getAuthorizedScopes());
		Set<String> audience = this.resources.resolve(context.getAuthorizationGrant(), context.getAuthorization());
		if (!audience.isEmpty()) {
			context.getClaims().audience(List.copyOf(audience));
			scopes.retainAll(this.model.scopesOf(audience));
		}
		if (!scopes.isEmpty()) {
			context.getClaims().claim(OAuth2ParameterNames.SCOPE, String.join(" ", scopes));
		}
	}

	/**
	 * A token exchange must not grant more scopes than the subject token has. Spring
	 * Security checks only the scopes of the client, so an agent could exchange a user's
	 * token for one with more scopes.
	 */
	private static void requireScopesOfSubjectToken(OAuth2TokenExchangeAuthenticationToken exchange,
			@Nullable OAuth2Authorization authorization, Set<String> scopes) {
		OAuth2Authorization.Token<OAuth2Token> subjectToken = (authorization != null)
				? authorization.getToken(exchange.getSubjectToken()) : null;
		if (subjectToken == null || !(subjectToken.getToken() instanceof OAuth2AccessToken accessToken)
				|| !accessToken.getScopes().containsAll(scopes)) {
			throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_SCOPE);
		}
	}

}
