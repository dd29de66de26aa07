package io.mcpsecurity.transport;

import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.Conventions;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.authorization.ScopeHierarchy;
import io.mcpsecurity.exchange.AuthorizationRules;
import io.mcpsecurity.exchange.ExchangeAudit;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Connection;
import io.mcpsecurity.handler.ListingFilter;
import io.mcpsecurity.message.InvalidMessageException;
import io.mcpsecurity.message.McpMessageReader;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.web.filter.OncePerRequestFilter;

/**
 * The library's server side of Streamable HTTP without security, to measure the cost of
 * the transport alone.
 */
public final class BareTransport extends OncePerRequestFilter {

	private static final String RESOURCE = "http://localhost:9900/mcp";

	private final McpMessageReader reader = new McpMessageReader(100);

	private final Exchanges exchanges = new Exchanges(ExchangeAudit.NONE, List.of(), Clock.systemUTC());

	private final McpEndpoint endpoint;

	/**
	 * Create the filter for a transport.
	 * @param dispatcher the transport
	 */
	public BareTransport(McpDispatcher dispatcher) {
		RuleBook rules = new RuleBook(List.of(), List.of(), Conventions.NONE, Access.PUBLIC, new OfferedTargets());
		AccessPolicy policy = new AccessPolicy(rules, ScopeHierarchy.FLAT, AccessPolicy.Mode.ENFORCE, true,
				AccessPolicy.Visibility.STEP_UP, Duration.ZERO);
		BearerChallenge challenge = new BearerChallenge(RESOURCE, List::of, UnaryOperator.identity(),
				List.of("Bearer"));
		URI resource = URI.create(RESOURCE);
		this.endpoint = new McpEndpoint(new ProtectedResource(resource, "/mcp", "", null), policy,
				(request) -> (authentication) -> authentication, false, challenge,
				new AuthenticationRefusals(challenge, Duration.ofSeconds(1)),
				new CrossOriginAccess(AllowedOrigins.of(resource), List.of()),
				new ListingFilter(new AccessPolicies(policy, Map.of()), AuthorizationRules.NONE, ScopeCatalogue.EMPTY,
						JsonMapper.shared()),
				Duration.ZERO, false, dispatcher);
	}

	@Override
	protected boolean shouldNotFilter(HttpServletRequest request) {
		return !request.getRequestURI().equals("/mcp");
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		McpExchange exchange = this.exchanges
			.begin(new Connection(RESOURCE, request.getRemoteAddr(), null, null, false));
		try {
			this.endpoint.dispatcher()
				.post(exchange, this.reader.read(request.getInputStream().readAllBytes()),
						new HttpCall(request, response, Acceptable.of(request)), this.endpoint);
		}
		catch (RefusedRequestException | InvalidMessageException ex) {
			response.setStatus(HttpServletResponse.SC_BAD_REQUEST);
		}
	}

}
