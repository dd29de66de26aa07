package io.mcpsecurity.sample.authorizationserver;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsent;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsentService;

/**
 * Remembers no consent: users are asked each time. Everybody can pose as a public client,
 * so an earlier consent says nothing about who asks now (RFC 8252 section 8.6); and
 * Spring Security adds remembered scopes to those a user ticks, even if he denies.
 */
final class UnrememberedConsents implements OAuth2AuthorizationConsentService {

	@Override
	public void save(OAuth2AuthorizationConsent consent) {
	}

	@Override
	public void remove(OAuth2AuthorizationConsent consent) {
	}

	@Override
	public @Nullable OAuth2AuthorizationConsent findById(String registeredClientId, String principalName) {
		return null;
	}

}
