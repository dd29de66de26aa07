package io.mcpsecurity.sample;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;

/**
 * Configuration for the sample with an external authorization server.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(name = "mcp-authorization-server.enabled", havingValue = false)
class OtherIssuerConfiguration {

	/**
	 * Without users there is no administrator, so besides the MCP endpoint, which has its
	 * own chain, only the health endpoint is accessible. (By default, Spring Boot would
	 * accept every token of the issuer for the actuator, with any audience.)
	 */
	@Bean
	SecurityFilterChain everythingElse(HttpSecurity http) {
		return http.authorizeHttpRequests(
				(requests) -> requests.requestMatchers(EndpointRequest.to("health")).permitAll().anyRequest().denyAll())
			.sessionManagement((sessions) -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
			.build();
	}

}
