package io.mcpsecurity.authorizationserver;

import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.util.ClassUtils;

/**
 * What no other filter chain protects requires the administrator, for example actuator
 * endpoints. Spring Boot's own default does not apply beside the filter chains of this
 * server. As with Spring Boot, an application with any {@link SecurityFilterChain} of its
 * own protects these requests itself.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnMissingBean(SecurityFilterChain.class)
class OtherRequests {

	private static final boolean ACTUATOR = ClassUtils
		.isPresent("org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest", null)
			&& ClassUtils.isPresent("org.springframework.boot.actuate.endpoint.annotation.Endpoint", null);

	@Bean
	@Order(Ordered.LOWEST_PRECEDENCE)
	SecurityFilterChain mcpAuthorizationServerOtherRequests(HttpSecurity http, AuthorizationServerModel model,
			PageRequests requests) {
		return http.authorizeHttpRequests((rules) -> {
			if (ACTUATOR) {
				rules.requestMatchers(EndpointRequest.to("health")).permitAll();
			}
			rules.requestMatchers("/").authenticated().anyRequest().hasRole(model.administratorRole());
		})
			.httpBasic(Customizer.withDefaults())
			.formLogin((form) -> form.loginPage(AuthorizationServerChains.LOGIN))
			.requestCache((cache) -> cache.requestCache(requests.cache()))
			.headers(PagePolicy::apply)
			.build();
	}

}
