package io.mcpsecurity.transport;

import java.io.IOException;
import java.util.List;

import com.github.benmanes.caffeine.cache.Ticker;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.client.ClientAccess;
import io.mcpsecurity.exchange.ExchangeDetails;
import io.mcpsecurity.exchange.InboundToken;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Connection;
import io.mcpsecurity.exchange.McpExchange.Result;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.token.RefusedTokenLog;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;
import org.springframework.security.web.firewall.FirewalledRequest;
import org.springframework.web.filter.ServerHttpObservationFilter;

/**
 * The servlet filter of an MCP endpoint. It is the last filter of the chain and passes
 * requests to the MCP server; there is no servlet. A request is processed in these steps,
 * and the first step that refuses it writes the response: checks without a token (origin,
 * host, limits by address), the token and its caller, the client, the body, and the
 * {@link McpGate}.
 */
final class McpEndpointFilter implements Filter {

	private static final Log logger = LogFactory.getLog(McpEndpointFilter.class);

	/** The headers of W3C Trace Context, and of the two formats of B3. */
	private static final List<String> TRACE_HEADERS = List.of("traceparent", "b3", "X-B3-TraceId");

	private static final String SERVED = McpEndpointFilter.class.getName() + ".SERVED";

	private static final String SUSPENDED = McpEndpointFilter.class.getName() + ".SUSPENDED";

	private final McpEndpoint endpoint;

	private final McpEndpoint.Common common;

	private final AddressLimit addresses;

	private final McpGate gate;

	private final RefusedTokenLog refused = new RefusedTokenLog(Ticker.systemTicker());

	McpEndpointFilter(McpEndpoint endpoint, McpEndpoint.Common common) {
		this.endpoint = endpoint;
		this.common = common;
		ApiKeyHeader keys = common.apiKeys();
		this.addresses = new AddressLimit(common.limits(),
				(request, credential) -> endpoint.isKnown(request, credential)
						|| (keys != null && keys.keys().isCheap(credential)));
		this.gate = new McpGate(endpoint, common);
	}

	ProtectedResource resource() {
		return this.endpoint.resource();
	}

	/**
	 * Whether an endpoint has begun to serve a request. The request is dispatched again
	 * when its body has arrived, or as an error. Another endpoint must not serve it then,
	 * because it was authenticated for this one.
	 */
	static boolean isServed(HttpServletRequest request, McpEndpoint endpoint) {
		return request.getAttribute(SERVED) == endpoint;
	}

	@Override
	public void doFilter(ServletRequest servletRequest, ServletResponse servletResponse, FilterChain chain)
			throws IOException {
		// The headers that are used are validated here; the firewall would validate each
		// header with regular expressions whenever it is read.
		HttpServletRequest request = (HttpServletRequest) ((servletRequest instanceof FirewalledRequest firewalled)
				? firewalled.getRequest() : servletRequest);
		HttpServletResponse response = (HttpServletResponse) servletResponse;
		ServerHttpObservationFilter.findObservationContext(request)
			.ifPresent((context) -> context.setPathPattern(this.endpoint.resource().endpoint()));
		Suspended suspended = (Suspended) request.getAttribute(SUSPENDED);
		if (suspended != null) {
			request.removeAttribute(SUSPENDED);
			serve(request, response, suspended.exchange(),
					() -> message(suspended.exchange(), suspended.body(), request, response));
			return;
		}
		if (isServed(request, this.endpoint)) {
			return;
		}
		request.setAttribute(SERVED, this.endpoint);
		// RFC 9111 section 5.2.2.5, and browsers must not guess the type of the response.
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
		response.setHeader("X-Content-Type-Options", "nosniff");
		McpExchange exchange = this.common.exchanges().begin(connection(request));
		serve(request, response, exchange, () -> begin(exchange, request, response));
	}

	private Connection connection(HttpServletRequest request) {
		boolean traced = false;
		for (String header : TRACE_HEADERS) {
			traced |= request.getHeader(header) != null;
		}
		return new Connection(this.endpoint.resource().identifier().toString(), request.getRemoteAddr(),
				request.getHeader(HttpCall.SESSION_ID), request.getHeader("MCP-Protocol-Version"), traced);
	}

	/** Run steps, and end the exchange unless it continues without this thread. */
	private void serve(HttpServletRequest request, HttpServletResponse response, McpExchange exchange, Steps steps)
			throws IOException {
		try {
			establish(exchange.authentication());
			steps.take();
		}
		catch (RefusedRequestException ex) {
			refuse(request, response, exchange, ex);
		}
		catch (RuntimeException | Error ex) {
			logger.error("A request failed: " + ex.getClass().getName() + " (more at level DEBUG)");
			logger.debug("A request failed", ex);
			exchange.result(Result.EXCEPTION);
			if (!response.isCommitted() && !request.isAsyncStarted()) {
				new RefusedRequestException(HttpServletResponse.SC_INTERNAL_SERVER_ERROR, (McpExchange.Refusal) null,
						JsonRpcErrorCode.INTERNAL_ERROR, "Internal error", null)
					.write(response);
				response.flushBuffer();
			}
			if (ex instanceof Error error) {
				throw error;
			}
		}
		finally {
			SecurityContextHolder.clearContext();
			if (!request.isAsyncStarted()) {
				exchange.end(response.getStatus());
			}
		}
	}

	private void begin(McpExchange exchange, HttpServletRequest request, HttpServletResponse response)
			throws RefusedRequestException, IOException {
		if (!this.endpoint.origins().check(request, response)) {
			return;
		}
		if (this.endpoint.isLocked()) {
			throw this.endpoint.refusals()
				.of(new AuthenticationServiceException("There is no authorization server"), SenderConstraints.BEARER);
		}
		this.common.constraints().supplyNonce(request, response);
		checkClient(authenticate(exchange, request));
		checkRequiredScopes(exchange);
		boolean post = "POST".equals(request.getMethod());
		if (exchange.caller() == null && !(post && this.endpoint.policy().servesAnonymous())) {
			throw this.endpoint.refusals().missing();
		}
		switch (request.getMethod()) {
			case "POST" -> body(exchange, request, response);
			case "GET" -> this.gate.get(exchange, call(request, response));
			case "DELETE" -> this.gate.delete(exchange, call(request, response));
			default -> {
				this.gate.admit(exchange, null);
				throw new RefusedRequestException(HttpServletResponse.SC_METHOD_NOT_ALLOWED, "method_not_allowed",
						"The HTTP method is not one of MCP")
					.header(HttpHeaders.ALLOW, "GET, POST, DELETE");
			}
		}
	}

	private static HttpCall call(HttpServletRequest request, HttpServletResponse response)
			throws RefusedRequestException {
		return new HttpCall(request, response, Acceptable.of(request));
	}

	/**
	 * Authenticate the caller, once. What a token is bound to is not checked for a client
	 * that is refused anyway, whose proofs would use the memory for those of others.
	 * @return the decision about the client, which is made once so that a change of it
	 * cannot skip that check
	 */
	private ClientAccess.Verdict authenticate(McpExchange exchange, HttpServletRequest request)
			throws RefusedRequestException {
		ClientAccess.Verdict client = ClientAccess.Verdict.ACCEPTED;
		String scheme = this.common.constraints().scheme(request);
		try {
			ApiKeyHeader keys = this.common.apiKeys();
			String key = (keys != null) ? keys.key(request) : null;
			String credential = (key != null) ? key : BearerToken.of(request, scheme);
			this.addresses.check(request, credential);
			Authentication authentication = (keys != null && key != null)
					? keys.authenticate(request, key, this.endpoint.resource()) : authenticate(request, credential);
			if (credential != null && authentication != null
					&& authentication.getDetails() instanceof McpCaller caller) {
				client = this.common.clients().decide(caller);
				if (client == ClientAccess.Verdict.ACCEPTED && key == null) {
					this.common.constraints().check(request, this.endpoint.resource(), credential, caller);
				}
				exchange.caller(caller);
				exchange.token(new InboundToken(credential));
			}
			if (authentication instanceof AbstractAuthenticationToken details) {
				details.setDetails(new ExchangeDetails(exchange));
			}
			if (authentication != null) {
				exchange.authentication(authentication);
				establish(authentication);
			}
			return client;
		}
		catch (AuthenticationException ex) {
			this.refused.log(this.endpoint.resource().identifier(), ex);
			RefusedRequestException refusal = this.endpoint.refusals().of(ex, scheme);
			this.addresses.failed(request, refusal.reason());
			throw refusal;
		}
	}

	private @Nullable Authentication authenticate(HttpServletRequest request, @Nullable String token) {
		return (token != null)
				? this.endpoint.authentication(request).authenticate(new BearerTokenAuthenticationToken(token))
				: new AnonymousAuthenticationToken("mcp", "anonymousUser",
						AuthorityUtils.createAuthorityList("ROLE_ANONYMOUS"));
	}

	/** Set the security context of this thread for the application. */
	private static void establish(@Nullable Authentication authentication) {
		if (authentication != null) {
			SecurityContext context = SecurityContextHolder.createEmptyContext();
			context.setAuthentication(authentication);
			SecurityContextHolder.setContext(context);
		}
	}

	/**
	 * Refuse denied clients with 403 and without a challenge. After 401 with
	 * {@code invalid_token} a client may request another token and retry (RFC 6750
	 * section 3.1), and after {@code insufficient_scope} a token with more scopes.
	 * Neither would help, and each attempt could involve the user. A 403 without a
	 * challenge means that the request should not be repeated (RFC 9110 section 15.5.4).
	 */
	private static void checkClient(ClientAccess.Verdict verdict) throws RefusedRequestException {
		if (verdict == ClientAccess.Verdict.DENIED) {
			throw new RefusedRequestException(HttpServletResponse.SC_FORBIDDEN, "client_denied",
					JsonRpcErrorCode.FORBIDDEN, "This client is not accepted here", null);
		}
		if (verdict != ClientAccess.Verdict.ACCEPTED) {
			throw new RefusedRequestException(HttpServletResponse.SC_SERVICE_UNAVAILABLE, "clients_unavailable",
					JsonRpcErrorCode.UNAVAILABLE, "Clients cannot be checked at the moment", null)
				.header(HttpHeaders.RETRY_AFTER, "1");
		}
	}

	/** Refuse callers without the scopes that every request needs. */
	private void checkRequiredScopes(McpExchange exchange) throws RefusedRequestException {
		McpCaller caller = exchange.caller();
		if (caller != null) {
			AccessDecision decision = this.endpoint.policy().enter(caller.scopes());
			if (decision.denied()) {
				this.gate.admit(exchange, null);
				exchange.decided(decision);
				throw this.endpoint.responses().denial(exchange, decision, null);
			}
		}
	}

	/** Read the body. If it has not arrived, continue when it has. */
	private void body(McpExchange exchange, HttpServletRequest request, HttpServletResponse response)
			throws RefusedRequestException, IOException {
		RequestBody body = (exchange.caller() != null) ? RequestBody.kept(request, this.common.bodies())
				: RequestBody.anonymous(request, this.common.bodies());
		exchange.hold(body::release);
		try {
			ContentType.check(request);
			Acceptable.of(request);
			if (!body.read()) {
				body.await((async, failure) -> arrived(exchange, body, request, response, async, failure));
				return;
			}
		}
		catch (RequestBody.Failure ex) {
			count(exchange);
			refuse(request, response, exchange, ex);
			return;
		}
		catch (RefusedRequestException ex) {
			this.gate.admit(exchange, ex.id());
			throw ex;
		}
		message(exchange, body, request, response);
	}

	private void arrived(McpExchange exchange, RequestBody body, HttpServletRequest request,
			HttpServletResponse response, AsyncContext async, RequestBody.@Nullable Failure failure)
			throws IOException {
		if (failure == null) {
			// Dispatch through all filters again, so that they set up this thread as
			// well.
			request.setAttribute(SUSPENDED, new Suspended(exchange, body));
			async.dispatch();
			return;
		}
		count(exchange);
		refuse(response, exchange, failure);
		async.complete();
	}

	/** Count a request that is refused anyway. */
	private void count(McpExchange exchange) {
		try {
			this.gate.admit(exchange, null);
		}
		catch (TooManyRequestsException ex) {
			logger.debug("A request is beyond the limits, and has no body that could be read", ex);
		}
	}

	private void message(McpExchange exchange, RequestBody body, HttpServletRequest request,
			HttpServletResponse response) throws RefusedRequestException, IOException {
		this.gate.post(exchange, body.take(), call(request, response));
	}

	private RefusedRequestException refusal(RequestBody.Failure failure) {
		return switch (failure.kind()) {
			case TOO_LARGE -> new RefusedRequestException(HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE, "too_large",
					"The body is too long");
			case NO_MEMORY -> new RefusedRequestException(HttpServletResponse.SC_SERVICE_UNAVAILABLE, "memory",
					JsonRpcErrorCode.UNAVAILABLE, "Too many long bodies at the same time", null)
				.header(HttpHeaders.RETRY_AFTER, "1");
			case TOO_SLOW -> new RefusedRequestException(HttpServletResponse.SC_REQUEST_TIMEOUT, "too_slow",
					"The body did not arrive in time");
			case UNREADABLE -> new RefusedRequestException(HttpServletResponse.SC_BAD_REQUEST, "invalid_message",
					"The body could not be read to its end");
		};
	}

	/**
	 * Refuse a request whose body cannot be read to its end. The status of each of these
	 * refusals makes the container close the connection.
	 */
	private void refuse(HttpServletResponse response, McpExchange exchange, RequestBody.Failure failure)
			throws IOException {
		write(response, exchange, refusal(failure));
		// The container has detected the failure as well, and would send an error page.
		response.flushBuffer();
		exchange.end(response.getStatus());
	}

	/**
	 * Refuse a request whose body cannot be read to its end, on the thread of the
	 * request. If the body is too long or needs too much memory, a part of the rest is
	 * read without a thread. Otherwise a client that is still sending would not receive
	 * the response, because the connection is closed, and the container would block a
	 * thread to read the rest.
	 */
	private void refuse(HttpServletRequest request, HttpServletResponse response, McpExchange exchange,
			RequestBody.Failure failure) throws IOException {
		refuse(response, exchange, failure);
		boolean unread = failure.kind() == RequestBody.Failure.Kind.TOO_LARGE
				|| failure.kind() == RequestBody.Failure.Kind.NO_MEMORY;
		if (unread && request.isAsyncSupported()) {
			RequestBody.discarded(request, this.common.bodies()).await((async, end) -> async.complete());
		}
	}

	/**
	 * Refuse a request. A body that has not arrived yet is read first, because the
	 * container would read it after the response and block a thread until the client has
	 * sent it. (With {@code Expect: 100-continue}, the client does not send the body
	 * after a refusal, and the connection is closed.)
	 */
	private void refuse(HttpServletRequest request, HttpServletResponse response, McpExchange exchange,
			RefusedRequestException refused) throws IOException {
		RefusedRequestException refusal = anonymous(exchange, refused);
		RequestBody rest = RequestBody.discarded(request, this.common.bodies());
		try {
			if (request.getHeader(HttpHeaders.EXPECT) == null && !rest.read()) {
				rest.await((async, failure) -> {
					if (failure != null) {
						refuse(response, exchange, failure);
					}
					else {
						write(response, exchange, refusal);
						exchange.end(response.getStatus());
					}
					async.complete();
				});
				return;
			}
			write(response, exchange, refusal);
		}
		catch (RequestBody.Failure ex) {
			refuse(request, response, exchange, ex);
		}
	}

	/**
	 * Anonymous clients always get a plain 401 until the policy has admitted them, except
	 * if a limit refuses them.
	 */
	private RefusedRequestException anonymous(McpExchange exchange, RefusedRequestException refusal) {
		boolean plain = exchange.authentication() instanceof AnonymousAuthenticationToken && exchange.decision() == null
				&& !(refusal instanceof TooManyRequestsException);
		return plain ? this.endpoint.refusals().missing() : refusal;
	}

	private static void write(HttpServletResponse response, McpExchange exchange, RefusedRequestException refusal)
			throws IOException {
		refusal.record(exchange);
		if (!response.isCommitted()) {
			refusal.write(response);
		}
	}

	/** Processing steps of a request. */
	@FunctionalInterface
	private interface Steps {

		void take() throws RefusedRequestException, IOException;

	}

	/** A request whose body had not arrived. */
	private record Suspended(McpExchange exchange, RequestBody body) {
	}

}
