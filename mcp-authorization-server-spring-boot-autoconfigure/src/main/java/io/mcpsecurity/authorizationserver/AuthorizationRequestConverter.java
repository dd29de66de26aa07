package io.mcpsecurity.authorizationserver;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationException;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.security.web.authentication.AuthenticationConverter;

/**
 * Reduces the scopes of an authorization request to those that its client may have, see
 * {@link RequestedScopes}, so that the consent page contains only scopes that can be
 * granted. A client without redirect URIs, such as an agent, is refused here, because
 * Spring Security would fail with an exception.
 */
final class AuthorizationRequestConverter implements AuthenticationConverter {

	private final AuthenticationConverter delegate;

	private final RegisteredClientRepository clients;

	private final RequestedScopes requestedScopes;

	AuthorizationRequestConverter(AuthenticationConverter delegate, RegisteredClientRepository clients,
			RequestedScopes requestedScopes) {
		this.delegate = delegate;
		this.clients = clients;
		this.requestedScopes = requestedScopes;
	}

	@Override
	public @Nullable Authentication convert(HttpServletRequest request) {
		Authentication converted = this.delegate.convert(request);
		if (!(converted instanceof OAuth2AuthorizationCodeRequestAuthenticationToken authorization)) {
			return converted;
		}
		RegisteredClient client = this.clients.findByClientId(authorization.getClientId());
		if (client == null) {
			return authorization;
		}
		if (client.getRedirectUris().isEmpty()) {
			throw new OAuth2AuthorizationCodeRequestAuthenticationException(
					new OAuth2Error(OAuth2ErrorCodes.UNAUTHORIZED_CLIENT), null);
		}
		return new OAuth2AuthorizationCodeRequestAuthenticationToken(authorization.getAuthorizationUri(),
				authorization.getClientId(), (Authentication) authorization.getPrincipal(),
				authorization.getRedirectUri(), authorization.getState(),
				this.requestedScopes.grantable(authorization.getScopes(), client,
						ResourceIndicators.requested(authorization.getAdditionalParameters())),
				authorization.getAdditionalParameters());
	}

}
