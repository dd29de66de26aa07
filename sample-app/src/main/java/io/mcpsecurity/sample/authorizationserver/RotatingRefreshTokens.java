package io.mcpsecurity.sample.authorizationserver;

import java.util.Set;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.core.log.LogMessage;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2RefreshTokenAuthenticationToken;

/**
 * Redeems refresh tokens once. A token that was redeemed before is in two hands, and the
 * server cannot know which of them is the client's: the authorization ends, with the
 * refresh token that replaced it (OAuth 2.1 section 4.3.1, RFC 9700 section 4.14.2).
 * <p>
 * Of the scopes that a refresh requests, those that were granted are granted again.
 */
final class RotatingRefreshTokens implements AuthenticationProvider {

	private static final Log logger = LogFactory.getLog(RotatingRefreshTokens.class);

	private final AuthenticationProvider delegate;

	private final OAuth2AuthorizationService authorizations;

	RotatingRefreshTokens(AuthenticationProvider delegate, OAuth2AuthorizationService authorizations) {
		this.delegate = delegate;
		this.authorizations = authorizations;
	}

	/**
	 * One request at a time: two that redeem the same token must not both find it valid.
	 */
	@Override
	public synchronized @Nullable Authentication authenticate(Authentication authentication) {
		OAuth2RefreshTokenAuthenticationToken request = (OAuth2RefreshTokenAuthenticationToken) authentication;
		OAuth2Authorization authorization = this.authorizations.findByToken(request.getRefreshToken(),
				OAuth2TokenType.REFRESH_TOKEN);
		if (authorization == null) {
			endAuthorizationOf(request.getRefreshToken());
			throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_GRANT);
		}
		return this.delegate.authenticate(reduceScopes(request, authorization.getAuthorizedScopes()));
	}

	private void endAuthorizationOf(String replacedToken) {
		String id = RefreshTokenGenerator.authorizationId(replacedToken);
		OAuth2Authorization authorization = (id != null) ? this.authorizations.findById(id) : null;
		if (authorization != null) {
			this.authorizations.remove(authorization);
			logger.warn(LogMessage.format("A refresh token of client '%s' was used again: its authorization has ended",
					authorization.getRegisteredClientId()));
		}
	}

	private static OAuth2RefreshTokenAuthenticationToken reduceScopes(OAuth2RefreshTokenAuthenticationToken request,
			Set<String> granted) {
		Set<String> scopes = RequestedScopes.ofResource(request.getScopes());
		boolean any = !scopes.isEmpty();
		scopes.retainAll(granted);
		if (any && scopes.isEmpty()) {
			throw new OAuth2AuthenticationException(
					RequestedScopes.nothingLeft("none of the requested scopes was granted before"));
		}
		return new OAuth2RefreshTokenAuthenticationToken(request.getRefreshToken(),
				(Authentication) request.getPrincipal(), scopes, request.getAdditionalParameters());
	}

	@Override
	public boolean supports(Class<?> authentication) {
		return OAuth2RefreshTokenAuthenticationToken.class.isAssignableFrom(authentication);
	}

}
