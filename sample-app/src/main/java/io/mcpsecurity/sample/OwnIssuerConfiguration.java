package io.mcpsecurity.sample;

import java.util.Set;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.HeadersConfigurer;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.security.web.savedrequest.RequestCache;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.AndRequestMatcher;
import org.springframework.security.web.util.matcher.MediaTypeRequestMatcher;

/**
 * Protects what neither the MCP server nor the authorization server does: the home page,
 * the console and the actuator endpoints.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty("mcp-authorization-server.enabled")
class OwnIssuerConfiguration {

	private static final String LOGIN = "/login";

	private static final String ADMIN = "ADMIN";

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
	SecurityFilterChain pages(HttpSecurity http) {
		return http.securityMatcher("/", "/console/**")
			.authorizeHttpRequests(
					(requests) -> requests.requestMatchers("/").authenticated().anyRequest().hasRole(ADMIN))
			.formLogin((form) -> form.loginPage(LOGIN))
			.headers(OwnIssuerConfiguration::pagePolicy)
			.build();
	}

	/** All other requests require the administrator, in particular actuator endpoints. */
	@Bean
	@Order(Ordered.LOWEST_PRECEDENCE)
	SecurityFilterChain everythingElse(HttpSecurity http) {
		return http
			.authorizeHttpRequests((requests) -> requests.requestMatchers(EndpointRequest.to("health"))
				.permitAll()
				.anyRequest()
				.hasRole(ADMIN))
			.httpBasic(Customizer.withDefaults())
			.formLogin((form) -> form.loginPage(LOGIN))
			.headers(OwnIssuerConfiguration::pagePolicy)
			.build();
	}

	private static void pagePolicy(HeadersConfigurer<HttpSecurity> headers) {
		headers.contentSecurityPolicy((policy) -> policy.policyDirectives(PagePolicy.WITHOUT_SCRIPTS))
			.referrerPolicy((referrer) -> referrer.policy(ReferrerPolicy.NO_REFERRER));
	}

}
