package io.mcpsecurity.authorizationserver;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsent;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsentService;

/**
 * Stores no consents, so users are asked each time. Any application can impersonate a
 * public client, so an earlier consent does not apply to the current client (RFC 8252
 * section 8.6). In addition, Spring Security adds stored scopes to the scopes that a user
 * selects, even if the user denies them.
 */
final class NoStoredConsents implements OAuth2AuthorizationConsentService {

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
