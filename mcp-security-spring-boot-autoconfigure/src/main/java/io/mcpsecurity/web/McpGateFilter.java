package io.mcpsecurity.web;

import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.audit.AuditUnavailableException;
import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.audit.RequestRecord.Result;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.message.HiddenTarget;
import io.mcpsecurity.message.InvalidMessageException;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpMessageReader;
import io.mcpsecurity.message.MirroredHeaders;
import io.mcpsecurity.ratelimit.RateLimits;
import io.mcpsecurity.token.McpAuthenticationToken;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.security.authentication.InsufficientAuthenticationException;
import org.springframework.security.core.context.SecurityContextHolder;

/**
 * The gate before the MCP transport: only an authenticated caller passes, a body is read
 * once and strictly, and a call whose scopes are missing is answered with a challenge
 * before the server hears of it. A call that is denied only behind the gate, while
 * nothing of its answer has been sent, is answered alike.
 */
public final class McpGateFilter extends EndpointFilter {

	private static final Log logger = LogFactory.getLog(McpGateFilter.class);

	private final McpAuthenticationEntryPoint entryPoint;

	private final BearerChallenge challenge;

	private final McpMessageReader reader;

	private final AccessPolicy policy;

	private final BodyLimits bodies;

	private final RateLimits limits;

	/**
	 * Create the gate.
	 * @param entryPoint what answers when there is no caller
	 * @param challenge the challenges of this server
	 * @param reader reads bodies
	 * @param policy decides
	 * @param bodies what a body may take
	 * @param limits how often callers may come
	 */
	public McpGateFilter(McpAuthenticationEntryPoint entryPoint, BearerChallenge challenge, McpMessageReader reader,
			AccessPolicy policy, BodyLimits bodies, RateLimits limits) {
		this.entryPoint = entryPoint;
		this.challenge = challenge;
		this.reader = reader;
		this.policy = policy;
		this.bodies = bodies;
		this.limits = limits;
	}

	@Override
	void filter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		RequestRecord record = RequestRecordFilter.of(request);
		McpCaller caller = McpCaller.current().orElse(null);
		if (caller != null) {
			record.caller(caller);
			if (SecurityContextHolder.getContext().getAuthentication() instanceof McpAuthenticationToken token) {
				record.token(token::hash);
			}
		}
		boolean post = "POST".equals(request.getMethod());
		if (caller == null && !(post && this.policy.servesAnonymous())) {
			unauthenticated(request, response);
			return;
		}
		try {
			if (post) {
				post(request, response, chain, record, caller);
			}
			else {
				admit(caller, null);
				other(request, response, chain, record);
			}
		}
		catch (RefusedRequestException ex) {
			if (caller == null && !(ex instanceof TooManyRequestsException)) {
				// Whoever is nobody learns nothing but that.
				unauthenticated(request, response);
			}
			else {
				ex.answer(response, record);
			}
		}
	}

	/**
	 * Streams and the end of sessions carry no message. Any other method is none of MCP.
	 */
	private void other(HttpServletRequest request, HttpServletResponse response, FilterChain chain,
			RequestRecord record) throws ServletException, IOException, RefusedRequestException {
		switch (request.getMethod()) {
			case "GET" -> pass(AcceptHeader.STREAM.satisfied(request), response, chain, record);
			case "DELETE" -> pass(request, response, chain, record);
			default -> {
				response.setHeader(HttpHeaders.ALLOW, "GET, POST, DELETE");
				throw new RefusedRequestException(HttpServletResponse.SC_METHOD_NOT_ALLOWED, "method_not_allowed",
						"The HTTP method is not one of MCP");
			}
		}
	}

	private void post(HttpServletRequest request, HttpServletResponse response, FilterChain chain, RequestRecord record,
			@Nullable McpCaller caller) throws ServletException, IOException, RefusedRequestException {
		BufferedRequest buffered;
		McpMessage message;
		try {
			buffered = buffer(request, response);
			message = read(buffered);
		}
		catch (RefusedRequestException ex) {
			// What cannot be read takes from the caller's budget too.
			admit(caller, ex.id());
			throw ex;
		}
		record.message(message);
		RequestRecord.Scope scope = record.open();
		try {
			admit(caller, message.id());
			decide(buffered, response, chain, record, caller, message);
		}
		finally {
			scope.close();
		}
	}

	/**
	 * Refuse a caller who has come too often. (Without a caller, the address has been
	 * looked at before.)
	 */
	private void admit(@Nullable McpCaller caller, @Nullable String id) throws RefusedRequestException {
		if (caller != null) {
			TooManyRequestsException.check(this.limits.request(caller, null), id);
		}
	}

	private McpMessage read(BufferedRequest request) throws RefusedRequestException {
		try {
			return this.reader.read(request.body());
		}
		catch (InvalidMessageException ex) {
			throw new RefusedRequestException(ex);
		}
	}

	private BufferedRequest buffer(HttpServletRequest request, HttpServletResponse response)
			throws RefusedRequestException {
		ContentType.check(request);
		HttpServletRequest accepting = AcceptHeader.MESSAGE.satisfied(request);
		try {
			return BufferedRequest.read(accepting, this.bodies, System::nanoTime);
		}
		catch (BufferedRequest.TooLargeException ex) {
			// What is left of the body is not read: the container closes the connection.
			response.setHeader(HttpHeaders.CONNECTION, "close");
			throw new RefusedRequestException(HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE, "too_large",
					"The body is longer than " + this.bodies.maxSize() + " bytes");
		}
		catch (BufferedRequest.TooSlowException ex) {
			response.setHeader(HttpHeaders.CONNECTION, "close");
			UnreadBody.patience(request, Duration.ZERO);
			throw new RefusedRequestException(HttpServletResponse.SC_REQUEST_TIMEOUT, "too_slow",
					"The body was not there in time");
		}
		catch (BufferedRequest.UnreadableException ex) {
			// Tomcat, for one, has an answer of its own for that, and keeps to it.
			response.setHeader(HttpHeaders.CONNECTION, "close");
			throw new RefusedRequestException(HttpServletResponse.SC_BAD_REQUEST, "invalid_message",
					"The body could not be read to its end");
		}
	}

	private void decide(BufferedRequest request, HttpServletResponse response, FilterChain chain, RequestRecord record,
			@Nullable McpCaller caller, McpMessage message)
			throws ServletException, IOException, RefusedRequestException {
		MirroredHeaders headers = new MirroredHeaders(message, (name) -> Collections.list(request.getHeaders(name)));
		check(headers::checkEnvelope);
		AccessDecision decision = this.policy.decide(message, (caller != null) ? caller.scopes() : null);
		record.decided(decision);
		if (this.policy.hides(decision)) {
			// For the server it is a target that does not exist.
			record.hide();
			pass(request.with(HiddenTarget.hide(request.body())), response, chain, record);
			return;
		}
		if (decision.denied()) {
			deny(request, response, message, decision);
			return;
		}
		// After the decision: whoever may not use a tool learns nothing of its use.
		TooManyRequestsException.check(this.limits.use(caller, request.getRemoteAddr(), message.target()),
				message.id());
		if (decision.outcome() == Outcome.REPORTED) {
			logger.warn("Would be denied: %s of %s: %s".formatted(message.target(), caller, decision.description())
				.replaceAll("\\p{Cntrl}|[\\u2028\\u2029]", "?"));
		}
		// Only now: which parameters have a header tells something of the tool.
		check(() -> headers.checkParameters(this.policy.rules().offered()::parameterHeaders));
		pass(request, response, chain, record);
	}

	private static void check(MirroredHeaders.Check check) throws RefusedRequestException {
		try {
			check.run();
		}
		catch (InvalidMessageException ex) {
			throw new RefusedRequestException(ex);
		}
	}

	private void pass(HttpServletRequest request, HttpServletResponse response, FilterChain chain, RequestRecord record)
			throws ServletException, IOException {
		// Without its arguments: they are in the body, which is not to be kept meanwhile.
		McpMessage message = record.message();
		if (message != null && message.target() != null) {
			try {
				record.reservePlace();
			}
			catch (AuditUnavailableException ex) {
				unavailable(response, record, message);
				return;
			}
		}
		DeniableResponse deniable = DeniableResponse.of(request, response, record);
		try {
			chain.doFilter(request, deniable);
		}
		catch (ServletException | RuntimeException ex) {
			logger.error("The MCP transport failed: " + ex.getClass().getName() + " (more at level DEBUG)");
			logger.debug("The MCP transport failed", ex);
			record.result(Result.EXCEPTION);
			deniable.setStatus(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
		}
		AccessDecision denial = deniable.end();
		if (deniable.unrecorded()) {
			unavailable(response, record, message);
		}
		else if (denial != null && message != null) {
			deny(request, response, message, denial);
		}
		else if (!deniable.failed() || !TransportFailure.answer(request, response, deniable, message)) {
			return;
		}
		response.flushBuffer();
	}

	private void unauthenticated(HttpServletRequest request, HttpServletResponse response) throws IOException {
		this.entryPoint.commence(request, response, new InsufficientAuthenticationException("No access token"));
	}

	private void deny(HttpServletRequest request, HttpServletResponse response, McpMessage message,
			AccessDecision decision) throws IOException {
		if (decision.outcome() == Outcome.UNAUTHENTICATED) {
			unauthenticated(request, response);
			return;
		}
		boolean scopes = decision.outcome() == Outcome.MISSING_SCOPES;
		if (scopes) {
			response.setHeader(HttpHeaders.WWW_AUTHENTICATE,
					this.challenge.insufficientScope(decision.operationScopes(), decision.description()));
		}
		JsonRpcErrors.write(response, HttpServletResponse.SC_FORBIDDEN, message.id(),
				scopes ? JsonRpcErrorCode.INSUFFICIENT_SCOPE : JsonRpcErrorCode.FORBIDDEN, decision.description());
	}

	private void unavailable(HttpServletResponse response, RequestRecord record, @Nullable McpMessage message)
			throws IOException {
		response.setHeader(HttpHeaders.RETRY_AFTER, "1");
		new RefusedRequestException(HttpServletResponse.SC_SERVICE_UNAVAILABLE, "audit_unavailable",
				JsonRpcErrorCode.UNAVAILABLE, "Calls cannot be recorded at the moment",
				(message != null) ? message.id() : null)
			.answer(response, record);
	}

}
