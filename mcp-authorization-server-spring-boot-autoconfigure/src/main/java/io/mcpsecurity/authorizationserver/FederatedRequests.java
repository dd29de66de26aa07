package io.mcpsecurity.authorizationserver;

import java.util.Map;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.web.AuthorizationRequestRepository;
import org.springframework.security.oauth2.client.web.HttpSessionOAuth2AuthorizationRequestRepository;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;

/**
 * The requests to providers, in the session of the browser that started them. A response
 * that is not from the provider of its request has no request, so that the code of one
 * provider is never sent to another (mix-up, RFC 9700 section 4.4). Spring Security
 * compares only {@code state}.
 */
final class FederatedRequests implements AuthorizationRequestRepository<OAuth2AuthorizationRequest> {

	private final HttpSessionOAuth2AuthorizationRequestRepository session = new HttpSessionOAuth2AuthorizationRequestRepository();

	private final Map<String, ClientRegistration> registrations;

	FederatedRequests(Map<String, ClientRegistration> registrations) {
		this.registrations = registrations;
	}

	@Override
	public @Nullable OAuth2AuthorizationRequest loadAuthorizationRequest(HttpServletRequest request) {
		return this.session.loadAuthorizationRequest(request);
	}

	@Override
	public void saveAuthorizationRequest(OAuth2AuthorizationRequest authorizationRequest, HttpServletRequest request,
			HttpServletResponse response) {
		this.session.saveAuthorizationRequest(authorizationRequest, request, response);
	}

	@Override
	public @Nullable OAuth2AuthorizationRequest removeAuthorizationRequest(HttpServletRequest request,
			HttpServletResponse response) {
		OAuth2AuthorizationRequest started = this.session.removeAuthorizationRequest(request, response);
		String id = (started != null) ? started.getAttribute(OAuth2ParameterNames.REGISTRATION_ID) : null;
		ClientRegistration registration = (id != null) ? this.registrations.get(id) : null;
		return (registration != null && isFrom(registration, request)) ? started : null;
	}

	private static boolean isFrom(ClientRegistration registration, HttpServletRequest response) {
		// Each provider has a redirect URI of its own (RFC 9700 section 4.4.2.2).
		if (!response.getRequestURI().endsWith(FederatedLogin.CALLBACK + registration.getRegistrationId())) {
			return false;
		}
		// RFC 9207 section 2.4
		ClientRegistration.ProviderDetails provider = registration.getProviderDetails();
		String[] issuers = response.getParameterValues("iss");
		if (issuers == null) {
			return !Boolean.TRUE
				.equals(provider.getConfigurationMetadata().get("authorization_response_iss_parameter_supported"));
		}
		return issuers.length == 1 && (provider.getIssuerUri() == null || provider.getIssuerUri().equals(issuers[0]));
	}

}
