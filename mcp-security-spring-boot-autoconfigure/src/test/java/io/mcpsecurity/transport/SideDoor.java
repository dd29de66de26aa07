package io.mcpsecurity.transport;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Connection;
import io.mcpsecurity.handler.ListingFilter;
import io.mcpsecurity.message.InvalidMessageException;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpMessageReader;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.security.authentication.AuthenticationManagerResolver;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;
import org.springframework.security.web.DefaultSecurityFilterChain;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;

/**
 * A second way to an application's MCP server, past the gate: tokens are verified there,
 * and nothing else.
 */
public class SideDoor {

	/**
	 * Where it is.
	 */
	public static final String PATH = "/side-door/mcp";

	@Bean
	@Order(Ordered.HIGHEST_PRECEDENCE)
	SecurityFilterChain sideDoorChain(Exchanges exchanges, ProtectedResource resource, AccessPolicy policy,
			ListingFilter listings, McpDispatcher dispatcher,
			@Qualifier("mcpAuthenticationManagerResolver") AuthenticationManagerResolver<HttpServletRequest> authentication) {
		BearerChallenge challenge = new BearerChallenge(resource.metadataLocation(), List::of, UnaryOperator.identity(),
				List.of(SenderConstraints.BEARER));
		McpMessageReader reader = new McpMessageReader(64);
		McpEndpoint endpoint = new McpEndpoint(resource, policy, authentication, false, challenge,
				new AuthenticationRefusals(challenge, Duration.ofSeconds(1)),
				new CrossOriginAccess(AllowedOrigins.of(resource.identifier()), List.of()), listings, Duration.ZERO,
				false, dispatcher);
		Filter filter = (request, response, chain) -> serve(exchanges, reader, endpoint, (HttpServletRequest) request,
				(HttpServletResponse) response);
		return new DefaultSecurityFilterChain(PathPatternRequestMatcher.withDefaults().matcher(PATH), filter);
	}

	private static void serve(Exchanges exchanges, McpMessageReader reader, McpEndpoint endpoint,
			HttpServletRequest request, HttpServletResponse response) throws IOException {
		McpExchange exchange = exchanges.begin(new Connection(endpoint.resource().identifier().toString(),
				request.getRemoteAddr(), request.getHeader(HttpCall.SESSION_ID), null, false));
		try {
			String token = BearerToken.of(request, SenderConstraints.BEARER);
			if (token != null) {
				Authentication authentication = endpoint.authentication(request)
					.authenticate(new BearerTokenAuthenticationToken(token));
				exchange.caller((McpCaller) authentication.getDetails());
				exchange.authentication(authentication);
			}
			McpMessage message = reader.read(request.getInputStream().readAllBytes());
			exchange.message(message);
			endpoint.dispatcher()
				.post(exchange, message, new HttpCall(request, response, Acceptable.of(request)), endpoint);
		}
		catch (RefusedRequestException ex) {
			ex.write(response);
		}
		catch (InvalidMessageException ex) {
			throw new IllegalArgumentException(ex);
		}
		finally {
			if (!request.isAsyncStarted()) {
				exchange.end(response.getStatus());
			}
		}
	}

}
