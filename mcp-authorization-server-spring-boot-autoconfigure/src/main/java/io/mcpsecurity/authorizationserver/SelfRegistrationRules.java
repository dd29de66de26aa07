package io.mcpsecurity.authorizationserver;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.OAuth2ClientRegistration;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientRegistrationAuthenticationContext;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientRegistrationAuthenticationToken;

/**
 * Refuses invalid registrations of clients (RFC 7591 section 3.2.2). In contrast to the
 * validator of Spring Security, scopes are not a reason to refuse: MCP clients send them,
 * and the response contains the registered scopes.
 */
final class SelfRegistrationRules implements Consumer<OAuth2ClientRegistrationAuthenticationContext> {

	private static final int MAX_NAME_LENGTH = 80;

	private static final int MAX_REDIRECT_URIS = 10;

	/**
	 * Control and formatting characters. Formatting characters can reorder or hide text,
	 * and the name is shown on the consent page.
	 */
	private static final Pattern INVISIBLE = Pattern.compile("\\p{C}|[\\u2028\\u2029]");

	private static final Set<String> AUTHENTICATION_METHODS = Set.of(ClientAuthenticationMethod.NONE.getValue(),
			ClientAuthenticationMethod.CLIENT_SECRET_BASIC.getValue(),
			ClientAuthenticationMethod.CLIENT_SECRET_POST.getValue());

	private final RedirectUris redirectUris;

	SelfRegistrationRules(RedirectUris redirectUris) {
		this.redirectUris = redirectUris;
	}

	@Override
	public void accept(OAuth2ClientRegistrationAuthenticationContext context) {
		OAuth2ClientRegistrationAuthenticationToken authentication = context.getAuthentication();
		check(authentication.getClientRegistration());
	}

	/** Check a registration, or the document that takes its place. */
	void check(OAuth2ClientRegistration registration) {
		checkRedirectUris(registration.getRedirectUris());
		checkName(registration.getClientName());
		String method = registration.getTokenEndpointAuthenticationMethod();
		if (method != null && !AUTHENTICATION_METHODS.contains(method)) {
			throw invalidMetadata("token_endpoint_auth_method must be one of " + AUTHENTICATION_METHODS);
		}
		List<String> grantTypes = registration.getGrantTypes();
		if (grantTypes != null && !grantTypes.isEmpty()
				&& !grantTypes.contains(AuthorizationGrantType.AUTHORIZATION_CODE.getValue())) {
			throw invalidMetadata("grant_types must contain authorization_code");
		}
		List<String> responseTypes = registration.getResponseTypes();
		if (responseTypes != null && !responseTypes.isEmpty() && !responseTypes.equals(List.of("code"))) {
			throw invalidMetadata("response_types must be code");
		}
	}

	private void checkRedirectUris(@Nullable List<String> redirectUris) {
		if (redirectUris == null || redirectUris.isEmpty() || redirectUris.size() > MAX_REDIRECT_URIS
				|| !redirectUris.stream().allMatch(this.redirectUris::isAcceptable)) {
			throw new OAuth2AuthenticationException(new OAuth2Error(OAuth2ErrorCodes.INVALID_REDIRECT_URI,
					"redirect_uris must be 1 to " + MAX_REDIRECT_URIS + " URIs. " + RedirectUris.RULE, null));
		}
	}

	private static void checkName(@Nullable String name) {
		if (name != null && (name.length() > MAX_NAME_LENGTH || INVISIBLE.matcher(name).find())) {
			throw invalidMetadata("client_name must be at most " + MAX_NAME_LENGTH + " visible characters");
		}
	}

	private static OAuth2AuthenticationException invalidMetadata(String description) {
		return new OAuth2AuthenticationException(new OAuth2Error("invalid_client_metadata", description, null));
	}

}
