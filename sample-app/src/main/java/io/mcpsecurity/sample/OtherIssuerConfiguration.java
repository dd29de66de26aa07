package io.mcpsecurity.sample;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;

/**
 * The sample while it trusts another authorization server than its own.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(name = "sample.authorization-server.enabled", havingValue = false)
class OtherIssuerConfiguration {

	/**
	 * There are no users, so nobody is the administrator: besides the MCP endpoint, which
	 * has a chain of its own, only the health is to be seen. (By Spring Boot's default
	 * the actuator would be open to every token of the issuer, whomever it is for.)
	 */
	@Bean
	SecurityFilterChain everythingElse(HttpSecurity http) {
		return http.authorizeHttpRequests(
				(requests) -> requests.requestMatchers(EndpointRequest.to("health")).permitAll().anyRequest().denyAll())
			.sessionManagement((sessions) -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
			.build();
	}

}
