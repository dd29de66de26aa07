package io.mcpsecurity.authorizationserver;

import org.springframework.core.convert.converter.Converter;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.server.authorization.OAuth2ClientRegistration;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.converter.OAuth2ClientRegistrationRegisteredClientConverter;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;

/**
 * Converts a client registration to a registered client. The client is not trusted: it
 * gets only the configured scopes, requires the consent of users, and must use PKCE. RFC
 * 7591 section 3.2.1 allows the server to replace requested values; the response contains
 * the registered values.
 */
final class SelfRegisteredClientConverter implements Converter<OAuth2ClientRegistration, RegisteredClient> {

	private final OAuth2ClientRegistrationRegisteredClientConverter delegate = new OAuth2ClientRegistrationRegisteredClientConverter();

	private final AuthorizationServerModel model;

	SelfRegisteredClientConverter(AuthorizationServerModel model) {
		this.model = model;
	}

	@Override
	public RegisteredClient convert(OAuth2ClientRegistration registration) {
		RegisteredClient requested = this.delegate.convert(registration);
		return RegisteredClient.from(requested).authorizationGrantTypes((grantTypes) -> {
			boolean refresh = grantTypes.contains(AuthorizationGrantType.REFRESH_TOKEN);
			grantTypes.clear();
			grantTypes.add(AuthorizationGrantType.AUTHORIZATION_CODE);
			if (refresh) {
				grantTypes.add(AuthorizationGrantType.REFRESH_TOKEN);
			}
		}).scopes((scopes) -> {
			scopes.clear();
			scopes.addAll(this.model.registrationScopes());
		}).clientSettings(settings()).tokenSettings(this.model.tokenSettings()).build();
	}

	/** The settings of every client that registered itself. */
	static ClientSettings settings() {
		return ClientSettings.builder()
			.requireProofKey(true)
			.requireAuthorizationConsent(true)
			.settings(ClientRegistry::markSelfRegistered)
			.build();
	}

}
