package io.mcpsecurity.authorizationserver;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.oauth2.client.endpoint.OAuth2AccessTokenResponseClient;
import org.springframework.security.oauth2.client.endpoint.OAuth2AuthorizationCodeGrantRequest;
import org.springframework.security.oauth2.client.oidc.userinfo.OidcUserRequest;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.userinfo.OAuth2UserRequest;
import org.springframework.security.oauth2.client.userinfo.OAuth2UserService;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.oauth2.core.user.OAuth2User;

/**
 * The sign-in at other providers, if the application has Spring Security's OAuth client.
 * As with Spring Security, beans of the application replace the calls to the endpoints of
 * providers, for example to add groups that only another service has.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(ClientRegistrationRepository.class)
class FederationConfiguration {

	@Bean
	FederatedLogin mcpAuthorizationServerFederatedLogin(Federation federation, AuthorizationServerModel model,
			ObjectProvider<ClientRegistrationRepository> registrations,
			ObjectProvider<OAuth2AccessTokenResponseClient<OAuth2AuthorizationCodeGrantRequest>> tokens,
			ObjectProvider<OAuth2UserService<OAuth2UserRequest, OAuth2User>> users,
			ObjectProvider<OAuth2UserService<OidcUserRequest, OidcUser>> oidcUsers) {
		FederatedEndpoints defaults = FederatedEndpoints.create();
		return new FederatedLogin(federation, model.issuer(), registrations.getIfAvailable(() -> (id) -> null),
				new FederatedEndpoints(tokens.getIfUnique(defaults::tokens), users.getIfUnique(defaults::users),
						oidcUsers.getIfUnique(defaults::oidcUsers)));
	}

}
