package io.mcpsecurity.transport;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.client.ClientAccess;
import io.mcpsecurity.exchange.AuthorizationRules;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.handler.ListingFilter;
import io.mcpsecurity.message.McpMessageReader;
import io.mcpsecurity.ratelimit.RequestLimits;
import io.mcpsecurity.token.KnownTokens;
import io.modelcontextprotocol.common.McpTransportContext;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.AuthenticationManagerResolver;
import org.springframework.security.web.DefaultSecurityFilterChain;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;

/** One MCP endpoint: its identity, the components that protect it, and its MCP server. */
public final class McpEndpoint {

	private final ProtectedResource resource;

	private final AccessPolicy policy;

	private final AuthenticationManagerResolver<HttpServletRequest> authentication;

	private final boolean locked;

	private final AuthenticationRefusals refusals;

	private final CrossOriginAccess origins;

	private final McpDispatcher dispatcher;

	private final Responses responses;

	private final Duration clockSkew;

	private final boolean callsOutliveToken;

	/** Cached for as long as the caller is referenced: a cached token has one caller. */
	private final Cache<McpCaller, SessionOwner> owners = Caffeine.newBuilder()
		.weakKeys()
		.executor(Runnable::run)
		.build();

	/**
	 * Create an endpoint.
	 * @param resource its identity
	 * @param policy its access policy
	 * @param authentication verifies its tokens
	 * @param locked whether every request is refused, because there is no authorization
	 * server
	 * @param challenge its challenges
	 * @param refusals refuses requests without a caller
	 * @param origins accepts requests of browsers
	 * @param listings filters listings
	 * @param clockSkew how long a token is accepted after its {@code exp}
	 * @param callsOutliveToken whether the stream of a call continues after that time
	 * @param dispatcher passes requests to its MCP server
	 */
	public McpEndpoint(ProtectedResource resource, AccessPolicy policy,
			AuthenticationManagerResolver<HttpServletRequest> authentication, boolean locked, BearerChallenge challenge,
			AuthenticationRefusals refusals, CrossOriginAccess origins, ListingFilter listings, Duration clockSkew,
			boolean callsOutliveToken, McpDispatcher dispatcher) {
		this.resource = resource;
		this.policy = policy;
		this.authentication = authentication;
		this.locked = locked;
		this.refusals = refusals;
		this.origins = origins;
		this.dispatcher = dispatcher;
		this.clockSkew = clockSkew;
		this.callsOutliveToken = callsOutliveToken;
		this.responses = new Responses(policy, listings, challenge, refusals);
	}

	/**
	 * The filter chain of an endpoint. It contains only what an MCP endpoint needs: no
	 * HTTP session, no request cache and no CSRF protection.
	 * @param names the endpoint under each of its names, the main one first. Each serves
	 * the requests to its host, and the main one those to other hosts.
	 * @param common the components that all endpoints share
	 */
	public static SecurityFilterChain filterChain(List<McpEndpoint> names, Common common) {
		List<McpEndpointFilter> filters = names.stream().map((name) -> new McpEndpointFilter(name, common)).toList();
		Filter first = filters.get(0);
		return new DefaultSecurityFilterChain(
				new OrRequestMatcher(PathPatternRequestMatcher.withDefaults().matcher(names.get(0).resource.endpoint()),
						(request) -> names.stream().anyMatch((name) -> McpEndpointFilter.isServed(request, name))),
				(filters.size() == 1) ? first
						: (request, response, chain) -> ProtectedResource
							.called(filters, McpEndpointFilter::resource, (HttpServletRequest) request)
							.doFilter(request, response, chain));
	}

	public ProtectedResource resource() {
		return this.resource;
	}

	public AccessPolicy policy() {
		return this.policy;
	}

	AuthenticationManager authentication(HttpServletRequest request) {
		return this.authentication.resolve(request);
	}

	/** Whether the token of a request can be verified without introspection. */
	boolean isKnown(HttpServletRequest request, String token) {
		return this.authentication.resolve(request) instanceof KnownTokens tokens
				&& (tokens.isJwt(token) || tokens.isKnown(token));
	}

	boolean isLocked() {
		return this.locked;
	}

	AuthenticationRefusals refusals() {
		return this.refusals;
	}

	CrossOriginAccess origins() {
		return this.origins;
	}

	McpDispatcher dispatcher() {
		return this.dispatcher;
	}

	Responses responses() {
		return this.responses;
	}

	/** The owner of a session that is opened in an exchange. */
	SessionOwner owner(McpExchange exchange) {
		McpCaller caller = exchange.caller();
		return (caller != null) ? this.owners.get(caller, SessionOwner::of)
				: SessionOwner.anonymous(this.resource.identifier().toString(), exchange.connection().remoteAddress());
	}

	/**
	 * The time at which the stream of a call ends although its handler has not, or
	 * {@code null}.
	 */
	@Nullable Instant callExpiry(McpExchange exchange) {
		return this.callsOutliveToken ? null : expiry(exchange);
	}

	/**
	 * The time from which the token of an exchange is no longer accepted, or
	 * {@code null}.
	 */
	@Nullable Instant expiry(McpExchange exchange) {
		McpCaller caller = exchange.caller();
		Number expiry = (caller != null) ? caller.claim("exp", Number.class) : null;
		return (expiry != null) ? Instant.ofEpochSecond(expiry.longValue()).plus(this.clockSkew) : null;
	}

	/**
	 * The components that all MCP endpoints of an application share.
	 *
	 * @param exchanges begins exchanges
	 * @param clients decides which clients are accepted
	 * @param rules the application's own rules
	 * @param reader reads messages
	 * @param bodies the limits of bodies
	 * @param limits the rate limits
	 * @param context the application's own extractor of a transport context
	 * @param constraints checks what senders of tokens prove
	 * @param modern serves requests of MCP 2026-07-28
	 * @param apiKeys the API keys, or {@code null} if they are not accepted
	 */
	public record Common(Exchanges exchanges, ClientAccess clients, AuthorizationRules rules, McpMessageReader reader,
			BodyLimits bodies, RequestLimits limits, Function<HttpServletRequest, McpTransportContext> context,
			SenderConstraints constraints, ModernRequests modern, @Nullable ApiKeyHeader apiKeys) {
	}

}
