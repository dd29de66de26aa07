package io.mcpsecurity.authorizationserver;

import java.time.Clock;
import java.util.List;
import java.util.stream.Stream;

import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.OAuth2AuthorizationServerConfiguration;
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
import org.springframework.security.oauth2.server.authorization.token.DelegatingOAuth2TokenGenerator;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenGenerator;
import org.springframework.security.oauth2.server.authorization.web.authentication.OAuth2AuthorizationConsentAuthenticationConverter;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;

/**
 * Two filter chains: the endpoints of the protocol, and the pages. The MCP endpoint has
 * its own chain with a higher precedence.
 */
@Configuration(proxyBeanMethods = false)
class AuthorizationServerChains {

	static final String LOGIN = "/login";

	static final String CONSENT = "/consent";

	static final String CLIENTS = "/admin/clients";

	private static final String STYLES = "/styles/authorization-server.css";

	private static final String WELL_KNOWN = "/.well-known/**";

	private static final int ORDER = Ordered.HIGHEST_PRECEDENCE + 100;

	@Bean
	@Order(ORDER)
	SecurityFilterChain mcpAuthorizationServerEndpoints(HttpSecurity http, AuthorizationServerSettings settings,
			AuthorizationServerModel model, AuthorizationServerProperties properties, ResourceIndicators resources,
			ClientRegistry clients, OAuth2AuthorizationService authorizations, GrantableScopes grantableScopes,
			PageRequests requests, JWKSource<SecurityContext> keys, SignIn signIn) {
		CrossOriginAccess crossOrigin = new CrossOriginAccess(settings);
		ServerMetadata metadata = new ServerMetadata(model, properties.registration().metadataDocuments().enabled());
		boolean registration = properties.registration().enabled();
		return http.oauth2AuthorizationServer((server) -> {
			http.securityMatcher(new OrRequestMatcher(server.getEndpointsMatcher(), crossOrigin.preflightMatcher()));
			server
				.authorizationServerMetadataEndpoint(
						(endpoint) -> endpoint.authorizationServerMetadataCustomizer(metadata))
				.authorizationEndpoint(
						(endpoint) -> customize(endpoint, new AuthorizationResponses(model.issuer(), grantableScopes),
								model, resources, clients, grantableScopes))
				.clientAuthentication((authentication) -> customize(authentication, settings, clients))
				.tokenEndpoint((endpoint) -> endpoint.authenticationProviders(
						(providers) -> rotateRefreshTokens(providers, http, authorizations, properties)));
			if (registration) {
				server.clientRegistrationEndpoint((endpoint) -> customize(endpoint, model));
				// Initial access tokens are those of this server. The application's
				// decoder can be for the tokens of another one.
				http.oauth2ResourceServer((tokens) -> tokens
					.jwt((jwt) -> jwt.decoder(OAuth2AuthorizationServerConfiguration.jwtDecoder(keys))));
			}
		})
			.authorizeHttpRequests(
					(rules) -> rules.requestMatchers(HttpMethod.POST, settings.getClientRegistrationEndpoint())
						.permitAll()
						.anyRequest()
						.authenticated())
			.exceptionHandling((errors) -> errors.defaultAuthenticationEntryPointFor(
					new LoginUrlAuthenticationEntryPoint(signIn.entryPoint()),
					PathPatternRequestMatcher.withDefaults().matcher(settings.getAuthorizationEndpoint())))
			.requestCache((cache) -> cache.requestCache(requests.cache()))
			.cors((cors) -> cors.configurationSource(crossOrigin.configurationSource()))
			.headers(PagePolicy::apply)
			.build();
	}

	@Bean
	@Order(ORDER + 1)
	SecurityFilterChain mcpAuthorizationServerPages(HttpSecurity http, AuthorizationServerSettings settings,
			AuthorizationServerModel model, PageRequests requests, SignIn signIn) {
		PathPatternRequestMatcher.Builder path = PathPatternRequestMatcher.withDefaults();
		signIn.configure(http);
		return http
			.securityMatcher(new OrRequestMatcher(Stream
				.of(Stream.of(LOGIN, "/logout", CONSENT, CLIENTS, STYLES, "/error").map(path::matcher),
						Stream.of(signIn.paths()).map(path::matcher),
						Stream.of(path.matcher(HttpMethod.GET, WELL_KNOWN)))
				.flatMap((matchers) -> matchers)
				.toArray(RequestMatcher[]::new)))
			.authorizeHttpRequests((rules) -> rules.requestMatchers(LOGIN, STYLES, "/error", WELL_KNOWN)
				.permitAll()
				.requestMatchers(CLIENTS)
				.hasRole(model.administratorRole())
				.anyRequest()
				.authenticated())
			.formLogin((form) -> form.loginPage(LOGIN).defaultSuccessUrl("/"))
			.requestCache((cache) -> cache.requestCache(requests.cache()))
			.cors((cors) -> cors.configurationSource(new CrossOriginAccess(settings).configurationSource()))
			.headers(PagePolicy::apply)
			.build();
	}

	private static void customize(OAuth2AuthorizationEndpointConfigurer endpoint, AuthorizationResponses responses,
			AuthorizationServerModel model, ResourceIndicators resources, ClientRegistry clients,
			GrantableScopes grantableScopes) {
		endpoint.consentPage(CONSENT)
			.authorizationResponseHandler(responses)
			.errorResponseHandler(responses)
			.authorizationRequestConverters((converters) -> converters
				.replaceAll((converter) -> (converter instanceof OAuth2AuthorizationConsentAuthenticationConverter)
						? new GrantableScopesConverter(converter, grantableScopes)
						: new AuthorizationRequestConverter(converter, clients, new RequestedScopes(model))))
			.authenticationProviders((providers) -> {
				for (AuthenticationProvider provider : providers) {
					if (provider instanceof OAuth2AuthorizationCodeRequestAuthenticationProvider requests) {
						requests.setAuthenticationValidator(
								OAuth2AuthorizationCodeRequestAuthenticationValidator.DEFAULT_REDIRECT_URI_VALIDATOR
									.andThen(resources::validate)
									.andThen(RequestedScopes::requireAny));
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
			OAuth2AuthorizationService authorizations, AuthorizationServerProperties properties) {
		OAuth2TokenGenerator<?> others = http.getSharedObject(OAuth2TokenGenerator.class);
		OAuth2TokenGenerator<?> tokens = new DelegatingOAuth2TokenGenerator(
				new RefreshTokenGenerator(properties.tokens().authorizationLifetime(), Clock.systemUTC()), others);
		providers.replaceAll((provider) -> {
			if (provider instanceof OAuth2AuthorizationCodeAuthenticationProvider) {
				return new OAuth2AuthorizationCodeAuthenticationProvider(authorizations, tokens);
			}
			return (provider instanceof OAuth2RefreshTokenAuthenticationProvider) ? new RotatingRefreshTokens(
					new OAuth2RefreshTokenAuthenticationProvider(authorizations, tokens), authorizations) : provider;
		});
	}

	private static void customize(OAuth2ClientRegistrationEndpointConfigurer endpoint, AuthorizationServerModel model) {
		endpoint.openRegistrationAllowed(true)
			.clientRegistrationRequestConverters(
					(converters) -> converters.replaceAll(BoundedRegistrationRequestConverter::new))
			.authenticationProviders((providers) -> {
				for (AuthenticationProvider provider : providers) {
					if (provider instanceof OAuth2ClientRegistrationAuthenticationProvider registrations) {
						registrations.setAuthenticationValidator(new SelfRegistrationRules(model.redirectUris()));
						registrations.setRegisteredClientConverter(new SelfRegisteredClientConverter(model));
					}
				}
			});
	}

}
