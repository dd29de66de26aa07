package io.mcpsecurity.authorizationserver;

import java.util.HashSet;
import java.util.Set;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationConsentAuthenticationToken;
import org.springframework.security.web.authentication.AuthenticationConverter;

/**
 * Reduces a submitted consent to the scopes that the user may grant. The consent page
 * offers only these, but the request can contain others. If no scope is left, the consent
 * is denied.
 */
final class GrantableScopesConverter implements AuthenticationConverter {

	private final AuthenticationConverter delegate;

	private final GrantableScopes grantableScopes;

	GrantableScopesConverter(AuthenticationConverter delegate, GrantableScopes grantableScopes) {
		this.delegate = delegate;
		this.grantableScopes = grantableScopes;
	}

	@Override
	public @Nullable Authentication convert(HttpServletRequest request) {
		Authentication converted = this.delegate.convert(request);
		if (!(converted instanceof OAuth2AuthorizationConsentAuthenticationToken consent)) {
			return converted;
		}
		Authentication user = (Authentication) consent.getPrincipal();
		Set<String> scopes = new HashSet<>(consent.getScopes());
		scopes.retainAll(this.grantableScopes.of(user));
		return new OAuth2AuthorizationConsentAuthenticationToken(consent.getAuthorizationUri(), consent.getClientId(),
				user, consent.getState(), scopes, consent.getAdditionalParameters());
	}

}
