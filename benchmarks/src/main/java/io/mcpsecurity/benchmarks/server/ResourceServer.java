package io.mcpsecurity.benchmarks.server;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.annotation.web.configurers.oauth2.server.resource.OAuth2ResourceServerConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;

/**
 * An MCP server that is configured manually as a resource server with Spring Security,
 * with only what it needs.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableMethodSecurity
@Import({ LengthTool.class, ForbiddenTool.class, MoreTools.class })
public class ResourceServer {

	/**
	 * Start it.
	 * @param args properties, each {@code --name=value}
	 */
	public static void main(String[] args) {
		SpringApplication.run(ResourceServer.class, args);
	}

	@Bean
	SecurityFilterChain chain(HttpSecurity http, Environment environment) {
		boolean opaque = environment
			.containsProperty("spring.security.oauth2.resourceserver.opaquetoken.introspection-uri");
		Customizer<OAuth2ResourceServerConfigurer<HttpSecurity>> tokens = (server) -> {
			if (opaque) {
				server.opaqueToken(Customizer.withDefaults());
			}
			else {
				server.jwt(Customizer.withDefaults());
			}
		};
		return http.authorizeHttpRequests((requests) -> requests.anyRequest().authenticated())
			.oauth2ResourceServer(tokens)
			.sessionManagement((sessions) -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
			.csrf(AbstractHttpConfigurer::disable)
			.build();
	}

}
