package io.mcpsecurity.sample.authorizationserver;

import java.time.Clock;
import java.util.List;
import java.util.Set;

import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.oauth2.server.authorization.OAuth2AuthorizationEndpointConfigurer;
import org.springframework.security.config.annotation.web.configurers.oauth2.server.authorization.OAuth2ClientAuthenticationConfigurer;
import org.springframework.security.config.annotation.web.configurers.oauth2.server.authorization.OAuth2ClientRegistrationEndpointConfigurer;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationValidator;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientRegistrationAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2RefreshTokenAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.settings.AuthorizationServerSettings;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;
import org.springframework.security.oauth2.server.authorization.token.DelegatingOAuth2TokenGenerator;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenGenerator;
import org.springframework.security.oauth2.server.authorization.web.authentication.OAuth2AuthorizationConsentAuthenticationConverter;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.security.web.savedrequest.RequestCache;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.AndRequestMatcher;
import org.springframework.security.web.util.matcher.MediaTypeRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;

/**
 * Three filter chains: the endpoints of the protocol, the pages, and everything that no
 * other chain protects. The MCP endpoint has its own chain with a higher precedence.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnAuthorizationServer
class AuthorizationServerSecurityConfiguration {

	private static final String LOGIN = "/login";

	private static final String CONSOLE = "/console/**";

	/**
	 * Saves only requests for pages that a user opened. Otherwise each other request
	 * would create a session.
	 */
	@Bean
	RequestCache requestCache() {
		MediaTypeRequestMatcher page = new MediaTypeRequestMatcher(MediaType.TEXT_HTML);
		page.setIgnoredMediaTypes(Set.of(MediaType.ALL));
		HttpSessionRequestCache cache = new HttpSessionRequestCache();
		cache.setRequestMatcher(
				new AndRequestMatcher(PathPatternRequestMatcher.withDefaults().matcher(HttpMethod.GET, "/**"), page));
		return cache;
	}

	@Bean
	@Order(1)
	SecurityFilterChain authorizationServerEndpoints(HttpSecurity http, AuthorizationServerSettings settings,
			ResourceIndicators resources, ClientRegistry clients, OAuth2AuthorizationService authorizations,
			TokenSettings tokens, Environment environment) {
		CrossOriginAccess crossOrigin = new CrossOriginAccess(settings);
		ServerMetadata metadata = new ServerMetadata(environment.getRequiredProperty("mcp-security.resource"));
		return http.oauth2AuthorizationServer((server) -> {
			http.securityMatcher(new OrRequestMatcher(server.getEndpointsMatcher(), crossOrigin.preflightMatcher()));
			server
				.authorizationServerMetadataEndpoint(
						(endpoint) -> endpoint.authorizationServerMetadataCustomizer(metadata))
				.authorizationEndpoint((endpoint) -> customize(endpoint,
						new AuthorizationResponses(settings.getIssuer()), resources, clients))
				.clientAuthentication((authentication) -> customize(authentication, settings, clients))
				.tokenEndpoint((endpoint) -> endpoint
					.authenticationProviders((providers) -> rotateRefreshTokens(providers, http, authorizations)))
				.clientRegistrationEndpoint((endpoint) -> customize(endpoint, tokens));
		})
			.authorizeHttpRequests(
					(requests) -> requests.requestMatchers(HttpMethod.POST, settings.getClientRegistrationEndpoint())
						.permitAll()
						.anyRequest()
						.authenticated())
			.exceptionHandling(
					(errors) -> errors.defaultAuthenticationEntryPointFor(new LoginUrlAuthenticationEntryPoint(LOGIN),
							PathPatternRequestMatcher.withDefaults().matcher(settings.getAuthorizationEndpoint())))
			.cors((cors) -> cors.configurationSource(crossOrigin.configurationSource()))
			.headers(PagePolicy::apply)
			.build();
	}

	@Bean
	@Order(2)
	SecurityFilterChain authorizationServerPages(HttpSecurity http) {
		return http.securityMatcher(LOGIN, "/logout", "/consent", "/admin/**", CONSOLE, "/styles/**", "/error")
			.authorizeHttpRequests((requests) -> requests.requestMatchers(LOGIN, "/styles/**", "/error")
				.permitAll()
				.requestMatchers("/admin/**", CONSOLE)
				.hasRole(GrantableScopes.ADMIN)
				.anyRequest()
				.authenticated())
			.formLogin((form) -> form.loginPage(LOGIN).defaultSuccessUrl(LOGIN))
			.headers(PagePolicy::apply)
			.build();
	}

	/**
	 * All other requests require the administrator, in particular the actuator endpoints.
	 * Paths below {@code /.well-known} without metadata return 404.
	 */
	@Bean
	@Order(Ordered.LOWEST_PRECEDENCE)
	SecurityFilterChain everythingElse(HttpSecurity http, AuthorizationServerSettings settings) {
		return http
			.authorizeHttpRequests((requests) -> requests.requestMatchers(EndpointRequest.to("health"))
				.permitAll()
				.requestMatchers(HttpMethod.GET, "/.well-known/**")
				.permitAll()
				.anyRequest()
				.hasRole(GrantableScopes.ADMIN))
			.httpBasic(Customizer.withDefaults())
			.formLogin((form) -> form.loginPage(LOGIN))
			.cors((cors) -> cors.configurationSource(new CrossOriginAccess(settings).configurationSource()))
			.headers(PagePolicy::apply)
			.build();
	}

	private static void customize(OAuth2AuthorizationEndpointConfigurer endpoint, AuthorizationResponses responses,
			ResourceIndicators resources, ClientRegistry clients) {
		endpoint.consentPage("/consent")
			.authorizationResponseHandler(responses)
			.errorResponseHandler(responses)
			.authorizationRequestConverters((converters) -> converters
				.replaceAll((converter) -> (converter instanceof OAuth2AuthorizationConsentAuthenticationConverter)
						? new GrantableScopesConverter(converter)
						: new AuthorizationRequestConverter(converter, clients)))
			.authenticationProviders((providers) -> {
				for (AuthenticationProvider provider : providers) {
					if (provider instanceof OAuth2AuthorizationCodeRequestAuthenticationProvider requests) {
						requests.setAuthenticationValidator(
								OAuth2AuthorizationCodeRequestAuthenticationValidator.DEFAULT_REDIRECT_URI_VALIDATOR
									.andThen(RequestedScopes::requireAny)
									.andThen(resources::validate));
						requests.setAuthorizationConsentRequired((context) -> true);
					}
				}
			});
	}

	private static void customize(OAuth2ClientAuthenticationConfigurer authentication,
			AuthorizationServerSettings settings, ClientRegistry clients) {
		PublicClientRefreshConverter refresh = new PublicClientRefreshConverter(
				PathPatternRequestMatcher.withDefaults().matcher(HttpMethod.POST, settings.getTokenEndpoint()));
		authentication.authenticationConverters((converters) -> converters.add(refresh))
			.authenticationProvider(new PublicClientRefreshProvider(clients));
	}

	/**
	 * Replace only the generation of refresh tokens. Spring Security's generator is
	 * available after it has created its own providers.
	 */
	private static void rotateRefreshTokens(List<AuthenticationProvider> providers, HttpSecurity http,
			OAuth2AuthorizationService authorizations) {
		OAuth2TokenGenerator<?> others = http.getSharedObject(OAuth2TokenGenerator.class);
		OAuth2TokenGenerator<?> tokens = new DelegatingOAuth2TokenGenerator(
				new RefreshTokenGenerator(Clock.systemUTC()), others);
		providers.replaceAll((provider) -> {
			if (provider instanceof OAuth2AuthorizationCodeAuthenticationProvider) {
				return new OAuth2AuthorizationCodeAuthenticationProvider(authorizations, tokens);
			}
			return (provider instanceof OAuth2RefreshTokenAuthenticationProvider) ? new RotatingRefreshTokens(
					new OAuth2RefreshTokenAuthenticationProvider(authorizations, tokens), authorizations) : provider;
		});
	}

	private static void customize(OAuth2ClientRegistrationEndpointConfigurer endpoint, TokenSettings tokens) {
		endpoint.openRegistrationAllowed(true)
			.clientRegistrationRequestConverters(
					(converters) -> converters.replaceAll(BoundedRegistrationRequestConverter::new))
			.authenticationProviders((providers) -> {
				for (AuthenticationProvider provider : providers) {
					if (provider instanceof OAuth2ClientRegistrationAuthenticationProvider registrations) {
						registrations.setAuthenticationValidator(new SelfRegistrationRules());
						registrations.setRegisteredClientConverter(new SelfRegisteredClientConverter(tokens));
					}
				}
			});
	}

}
