package io.mcpsecurity.sample.authorizationserver;

import java.util.Set;

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
 * Gives an authorization request that names no scope the narrowest one: RFC 6749 section
 * 3.3 asks for a default value or an error, and MCP clients leave the scope out where
 * they were not told any. A client without redirect URIs, an agent, is turned away here:
 * Spring Security would look for the first of them, and fail.
 */
final class AuthorizationRequestConverter implements AuthenticationConverter {

	private final AuthenticationConverter delegate;

	private final RegisteredClientRepository clients;

	AuthorizationRequestConverter(AuthenticationConverter delegate, RegisteredClientRepository clients) {
		this.delegate = delegate;
		this.clients = clients;
	}

	@Override
	public @Nullable Authentication convert(HttpServletRequest request) {
		Authentication converted = this.delegate.convert(request);
		if (!(converted instanceof OAuth2AuthorizationCodeRequestAuthenticationToken authorization)) {
			return converted;
		}
		RegisteredClient client = this.clients.findByClientId(authorization.getClientId());
		if (client != null && client.getRedirectUris().isEmpty()) {
			throw new OAuth2AuthorizationCodeRequestAuthenticationException(
					new OAuth2Error(OAuth2ErrorCodes.UNAUTHORIZED_CLIENT), null);
		}
		if (!authorization.getScopes().isEmpty()) {
			return authorization;
		}
		return new OAuth2AuthorizationCodeRequestAuthenticationToken(authorization.getAuthorizationUri(),
				authorization.getClientId(), (Authentication) authorization.getPrincipal(),
				authorization.getRedirectUri(), authorization.getState(), Set.of(ResearchScope.BROWSE.value()),
				authorization.getAdditionalParameters());
	}

}
