package io.mcpsecurity.authorizationserver;

import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.OAuth2Token;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.jwt.JwtClaimNames;
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
		context.getJwsHeader().type("at+jwt");
		context.getClaims().claim(OAuth2ParameterNames.CLIENT_ID, context.getRegisteredClient().getClientId());
		Set<String> scopes = new LinkedHashSet<>(context.getAuthorizedScopes());
		Set<String> audience = this.resources.resolve(context.getAuthorizationGrant(), context.getAuthorization());
		if (!audience.isEmpty()) {
			context.getClaims().audience(List.copyOf(audience));
			scopes.retainAll(this.model.scopesOf(audience));
		}
		if (context.getAuthorizationGrant() instanceof OAuth2TokenExchangeAuthenticationToken exchange) {
			limitToSubjectToken(context, exchange, scopes);
		}
		// Spring Security has set all authorized scopes, as an array.
		context.getClaims().claims((claims) -> claims.remove(OAuth2ParameterNames.SCOPE));
		if (!scopes.isEmpty()) {
			context.getClaims().claim(OAuth2ParameterNames.SCOPE, String.join(" ", scopes));
		}
	}

	/**
	 * A token exchange must not grant more scopes than the subject token has, nor for a
	 * longer time. Spring Security checks only the scopes of the client, so an agent
	 * could exchange a user's token for one with more scopes. The scopes of the subject
	 * token are those of its claim; its authorization can have more of them, for other
	 * resources.
	 */
	private static void limitToSubjectToken(JwtEncodingContext context, OAuth2TokenExchangeAuthenticationToken exchange,
			Set<String> scopes) {
		OAuth2Authorization authorization = context.getAuthorization();
		OAuth2Authorization.Token<OAuth2Token> subjectToken = (authorization != null)
				? authorization.getToken(exchange.getSubjectToken()) : null;
		Map<String, Object> subjectClaims = (subjectToken != null) ? subjectToken.getClaims() : null;
		if (subjectClaims == null || !(subjectClaims.get(JwtClaimNames.EXP) instanceof Instant subjectExpiry)) {
			throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_GRANT);
		}
		List<String> subjectScopes = (subjectClaims.get(OAuth2ParameterNames.SCOPE) instanceof String names)
				? List.of(names.split(" ")) : List.of();
		if (exchange.getScopes().isEmpty()) {
			scopes.retainAll(subjectScopes);
		}
		else if (!subjectScopes.containsAll(exchange.getScopes())) {
			throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_SCOPE);
		}
		context.getClaims()
			.claims((claims) -> claims.computeIfPresent(JwtClaimNames.EXP,
					(name, expiry) -> subjectExpiry.isBefore((Instant) expiry) ? subjectExpiry : expiry));
	}

}
