package io.mcpsecurity.authorizationserver;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.security.config.ObjectPostProcessor;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.InMemoryClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.OAuth2LoginAuthenticationFilter;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.oidc.OidcScopes;
import org.springframework.util.StringUtils;

/**
 * The sign-in at other providers, by Spring Security. A request to a provider consists of
 * what its client registration contains, and of {@code state}, {@code nonce} and PKCE:
 * nothing of the request of the MCP client.
 */
final class FederatedLogin {

	/** The path at which the sign-in at a provider starts. */
	static final String START = "/oauth2/authorization/";

	/** The path of the redirect URI of a provider. */
	static final String CALLBACK = "/login/oauth2/code/";

	private static final Log logger = LogFactory.getLog(FederatedLogin.class);

	private static final String REGISTRATION = "spring.security.oauth2.client.registration.";

	private final Federation federation;

	private final FederatedEndpoints endpoints;

	private final Map<String, ClientRegistration> registrations = new LinkedHashMap<>();

	/**
	 * Create the sign-in.
	 * @param issuer the issuer of this server
	 * @param configured the client registrations of the application, of which only those
	 * of the federation are used
	 */
	FederatedLogin(Federation federation, String issuer, ClientRegistrationRepository configured,
			FederatedEndpoints endpoints) {
		this.federation = federation;
		this.endpoints = endpoints;
		for (String id : federation.registrationIds()) {
			this.registrations.put(id, checked(id, configured.findByRegistrationId(id), issuer));
		}
	}

	/**
	 * The paths of {@link #START} with the names of the providers, for the login page.
	 */
	Map<String, String> links() {
		Map<String, String> links = new LinkedHashMap<>();
		this.registrations.forEach((id, registration) -> links.put(START + id, registration.getClientName()));
		return links;
	}

	/** The paths of a filter chain that {@link #configure} is called for. */
	String[] paths() {
		return this.registrations.keySet()
			.stream()
			.flatMap((id) -> Stream.of(START + id, CALLBACK + id))
			.toArray(String[]::new);
	}

	void configure(HttpSecurity http) {
		ClientRegistrationRepository repository = new InMemoryClientRegistrationRepository(this.registrations);
		FederatedUsers users = new FederatedUsers(this.federation);
		http.oauth2Login((login) -> login.loginPage(AuthorizationServerChains.LOGIN)
			.clientRegistrationRepository(repository)
			.authorizedClientRepository(new NoAuthorizedClients())
			.authorizationEndpoint((endpoint) -> endpoint
				.authorizationRequestResolver(new DefaultOAuth2AuthorizationRequestResolver(repository))
				.authorizationRequestRepository(new FederatedRequests(this.registrations)))
			.tokenEndpoint((endpoint) -> endpoint.accessTokenResponseClient(this.endpoints.tokens()))
			.userInfoEndpoint((endpoint) -> endpoint.userService(this.endpoints.users())
				.oidcUserService(this.endpoints.oidcUsers()))
			.defaultSuccessUrl("/")
			.failureHandler(new FederatedLoginFailures())
			.withObjectPostProcessor(new ObjectPostProcessor<OAuth2LoginAuthenticationFilter>() {

				@Override
				public <T extends OAuth2LoginAuthenticationFilter> T postProcess(T filter) {
					filter.setAuthenticationResultConverter(users);
					return filter;
				}

			}));
	}

	private ClientRegistration checked(String id, @Nullable ClientRegistration registration, String issuer) {
		if (registration == null) {
			throw AuthorizationServerModel.invalid("federation." + id, id,
					"Set the id of a client registration, or configure " + REGISTRATION + id + ".");
		}
		if (!AuthorizationGrantType.AUTHORIZATION_CODE.equals(registration.getAuthorizationGrantType())) {
			throw invalid(id, "authorization-grant-type", registration.getAuthorizationGrantType().getValue(),
					"Set authorization_code: users sign in with it.");
		}
		boolean openid = registration.getScopes().contains(OidcScopes.OPENID);
		String provider = registration.getProviderDetails().getIssuerUri();
		if (provider != null && !openid) {
			throw invalid(id, "scope", registration.getScopes(),
					"Set the scope openid, without which there is no ID token to verify. For a provider of OAuth 2.0 without OpenID Connect, set the URIs of its endpoints instead of issuer-uri.");
		}
		if (!openid && !StringUtils.hasText(this.federation.subjectClaim(id))) {
			throw AuthorizationServerModel.invalid("federation." + id + ".subject-claim", "",
					"Set the claim of the user info that identifies a user and is never assigned to another one. Only providers of OpenID Connect have a standard one.");
		}
		if (openid && provider == null) {
			logger.warn(("The issuer of ID tokens of the provider %s is not checked: every token with a key of %s is "
					+ "accepted that is for this client. Set the issuer-uri of the provider.")
				.formatted(id, registration.getProviderDetails().getJwkSetUri()));
		}
		// From configuration: the default would contain the Host of the request.
		String baseUrl = StringUtils.trimTrailingCharacter(issuer, '/');
		String redirectUri = String.valueOf(registration.getRedirectUri())
			.replace("{baseUrl}", baseUrl)
			.replace("{action}", "login")
			.replace("{registrationId}", id);
		if (!redirectUri.equals(baseUrl + CALLBACK + id)) {
			throw invalid(id, "redirect-uri", registration.getRedirectUri(),
					"Set {baseUrl}/login/oauth2/code/{registrationId}, where baseUrl is the issuer of this server, or do not set it.");
		}
		return ClientRegistration.withClientRegistration(registration).redirectUri(redirectUri).build();
	}

	private static InvalidConfigurationPropertyValueException invalid(String id, String property,
			@Nullable Object value, String reason) {
		return new InvalidConfigurationPropertyValueException(REGISTRATION + id + "." + property, value, reason);
	}

}
