package io.mcpsecurity.benchmarks.server;

import org.springaicommunity.mcp.security.server.config.McpServerOAuth2Configurer;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;

/**
 * An MCP server secured by {@code org.springaicommunity:mcp-server-security}, as
 * described in its documentation, with the audience check enabled.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableMethodSecurity
@Import({ LengthTool.class, ForbiddenTool.class, MoreTools.class })
public class PeerServer {

	/**
	 * Start it.
	 * @param args properties, each {@code --name=value}
	 */
	public static void main(String[] args) {
		SpringApplication.run(PeerServer.class, args);
	}

	@Bean
	SecurityFilterChain chain(HttpSecurity http, Environment environment) {
		return http.authorizeHttpRequests((requests) -> requests.anyRequest().authenticated())
			.with(McpServerOAuth2Configurer.mcpServerOAuth2(),
					(mcp) -> mcp.authorizationServer(environment.getRequiredProperty("benchmark.issuer"))
						.validateAudienceClaim(true))
			.build();
	}

}
