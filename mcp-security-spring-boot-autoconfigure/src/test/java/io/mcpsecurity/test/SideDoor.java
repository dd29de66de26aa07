package io.mcpsecurity.test;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.invocation.AnonymousContext;
import io.mcpsecurity.invocation.PendingResponse;
import io.mcpsecurity.web.DeniableResponse;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.server.McpTransportContextExtractor;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.ai.mcp.server.webmvc.transport.WebMvcStatelessServerTransport;
import org.springframework.ai.mcp.server.webmvc.transport.WebMvcStreamableServerTransportProvider;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.security.authentication.AuthenticationManagerResolver;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.servlet.function.RequestPredicates;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * A second way to an application's MCP server, past the gate: tokens are verified there,
 * and nothing else.
 */
public class SideDoor {

	/**
	 * Where it is.
	 */
	public static final String PATH = "/side-door/mcp";

	/**
	 * Takes the place of the one that would keep the door shut.
	 */
	@Bean
	McpTransportContextExtractor<ServerRequest> extractor() {
		return (request) -> {
			PendingResponse pending = DeniableResponse.current();
			return McpCaller.current()
				.<McpTransportContext>map((caller) -> caller)
				.orElseGet(() -> (pending != null) ? new AnonymousContext(pending.record().connection().resource())
						: McpTransportContext.EMPTY);
		};
	}

	@Bean
	RouterFunction<ServerResponse> sideDoor(ObjectProvider<WebMvcStatelessServerTransport> stateless,
			ObjectProvider<WebMvcStreamableServerTransportProvider> streamable) {
		WebMvcStatelessServerTransport transport = stateless.getIfAvailable();
		return RouterFunctions.nest(RequestPredicates.path("/side-door"),
				(transport != null) ? transport.getRouterFunction() : streamable.getObject().getRouterFunction());
	}

	@Bean
	SecurityFilterChain sideDoorChain(HttpSecurity http,
			@Qualifier("mcpAuthenticationManagerResolver") AuthenticationManagerResolver<HttpServletRequest> authentication) {
		return http.securityMatcher("/side-door/**")
			.csrf((csrf) -> csrf.disable())
			.oauth2ResourceServer((server) -> server.authenticationManagerResolver(authentication))
			.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll())
			.build();
	}

}
