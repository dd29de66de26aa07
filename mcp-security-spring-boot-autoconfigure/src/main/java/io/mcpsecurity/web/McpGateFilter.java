package io.mcpsecurity.web;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.audit.AuditUnavailableException;
import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.audit.RequestRecord.Refusal;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.message.InvalidMessageException;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpMessageReader;
import io.mcpsecurity.ratelimit.RateLimits;
import io.mcpsecurity.ratelimit.Verdict;
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
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * The gate before the MCP transport: only an authenticated caller passes, a body is read
 * once and strictly, and a call whose scopes are missing is answered with a challenge
 * before the server hears of it. A call that is denied only behind the gate, while
 * nothing of its answer has been sent, is answered alike.
 */
public final class McpGateFilter extends OncePerRequestFilter {

	private static final Log logger = LogFactory.getLog(McpGateFilter.class);

	private final McpAuthenticationEntryPoint entryPoint;

	private final BearerChallenge challenge;

	private final McpMessageReader reader;

	private final AccessPolicy policy;

	private final int maxSize;

	private final RateLimits limits;

	/**
	 * Create the gate.
	 * @param entryPoint what answers when there is no caller
	 * @param challenge the challenges of this server
	 * @param reader reads bodies
	 * @param policy decides
	 * @param maxSize the most bytes of a body
	 * @param limits how often callers may come
	 */
	public McpGateFilter(McpAuthenticationEntryPoint entryPoint, BearerChallenge challenge, McpMessageReader reader,
			AccessPolicy policy, int maxSize, RateLimits limits) {
		this.entryPoint = entryPoint;
		this.challenge = challenge;
		this.reader = reader;
		this.policy = policy;
		this.maxSize = maxSize;
		this.limits = limits;
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
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
		}
		else if (post) {
			post(request, response, chain, record, caller);
		}
		else if (!isOneTooMany(response, record, caller, null)) {
			// Streams and the end of sessions (GET, DELETE) carry no message.
			chain.doFilter(request, response);
		}
	}

	private void post(HttpServletRequest request, HttpServletResponse response, FilterChain chain, RequestRecord record,
			@Nullable McpCaller caller) throws ServletException, IOException {
		try {
			if (!isJson(request.getContentType())) {
				throw new UnsupportedContentException();
			}
			BufferedRequest buffered = BufferedRequest.read(request, this.maxSize);
			McpMessage message = this.reader.read(buffered.body());
			record.message(message);
			RequestRecord.Scope scope = record.open();
			try {
				if (isOneTooMany(response, record, caller, message.id())) {
					return;
				}
				decide(buffered, response, chain, record, caller, message);
			}
			finally {
				scope.close();
			}
		}
		catch (UnsupportedContentException | BufferedRequest.TooLargeException | InvalidMessageException ex) {
			if (caller == null) {
				// Whoever is nobody learns nothing but that.
				unauthenticated(request, response);
			}
			else if (!isOneTooMany(response, record, caller,
					(ex instanceof InvalidMessageException invalid) ? invalid.getId() : null)) {
				refuse(response, record, ex);
			}
		}
	}

	/**
	 * Whether a caller has come too often, and has been told so. What cannot be read is
	 * counted like anything else. (Without a caller, the address has been looked at
	 * before.)
	 */
	private boolean isOneTooMany(HttpServletResponse response, RequestRecord record, @Nullable McpCaller caller,
			@Nullable String id) throws IOException {
		return caller != null && TooManyRequests.refuse(this.limits.request(caller, null), response, record, id);
	}

	private void decide(BufferedRequest request, HttpServletResponse response, FilterChain chain, RequestRecord record,
			@Nullable McpCaller caller, McpMessage message) throws ServletException, IOException {
		AccessDecision decision = this.policy.decide(message, (caller != null) ? caller.scopes() : null);
		record.decided(decision);
		if (decision.denied()) {
			deny(request, response, message, decision);
			return;
		}
		// After the decision: whoever may not use a tool learns nothing of its use.
		Verdict verdict = this.limits.use(caller, request.getRemoteAddr(), message.target());
		if (TooManyRequests.refuse(verdict, response, record, message.id())) {
			return;
		}
		if (decision.outcome() == Outcome.REPORTED) {
			logger.warn("Would be denied: %s of %s: %s".formatted(message.target(), caller, decision.description())
				.replaceAll("\\p{Cntrl}|[\\u2028\\u2029]", "?"));
		}
		pass(request, response, chain, record, message);
	}

	private void pass(BufferedRequest request, HttpServletResponse response, FilterChain chain, RequestRecord record,
			McpMessage message) throws ServletException, IOException {
		if (message.target() != null) {
			try {
				record.reservePlace();
			}
			catch (AuditUnavailableException ex) {
				unavailable(response, record, message);
				return;
			}
		}
		DeniableResponse deniable = DeniableResponse.of(request, response, record);
		chain.doFilter(request, deniable);
		AccessDecision denial = deniable.end();
		if (deniable.unrecorded()) {
			unavailable(response, record, message);
			response.flushBuffer();
		}
		else if (denial != null) {
			deny(request, response, message, denial);
			response.flushBuffer();
		}
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

	private void unavailable(HttpServletResponse response, RequestRecord record, McpMessage message)
			throws IOException {
		record.refused(Refusal.Kind.REJECTED, "audit_unavailable");
		response.setHeader(HttpHeaders.RETRY_AFTER, "1");
		JsonRpcErrors.write(response, HttpServletResponse.SC_SERVICE_UNAVAILABLE, message.id(),
				JsonRpcErrorCode.UNAVAILABLE, "Calls cannot be recorded at the moment");
	}

	private void refuse(HttpServletResponse response, RequestRecord record, Exception reason) throws IOException {
		if (reason instanceof InvalidMessageException invalid) {
			record.refused(Refusal.Kind.REJECTED, "invalid_message");
			JsonRpcErrors.write(response, HttpServletResponse.SC_BAD_REQUEST, invalid.getId(), invalid.getCode(),
					String.valueOf(invalid.getMessage()));
		}
		else if (reason instanceof BufferedRequest.TooLargeException) {
			record.refused(Refusal.Kind.REJECTED, "too_large");
			// What is left of the body is not read: the container closes the connection.
			response.setHeader(HttpHeaders.CONNECTION, "close");
			JsonRpcErrors.write(response, HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE, null,
					JsonRpcErrorCode.INVALID_REQUEST, "The body is longer than " + this.maxSize + " bytes");
		}
		else {
			record.refused(Refusal.Kind.REJECTED, "unsupported_media_type");
			JsonRpcErrors.write(response, HttpServletResponse.SC_UNSUPPORTED_MEDIA_TYPE, null,
					JsonRpcErrorCode.INVALID_REQUEST, "The content type must be application/json in UTF-8");
		}
	}

	/**
	 * JSON is UTF-8 (RFC 8259 section 8.1); the transport would follow another charset
	 * parameter and read something else than the gate.
	 */
	private static boolean isJson(@Nullable String contentType) {
		try {
			MediaType type = MediaType.parseMediaType((contentType != null) ? contentType : "");
			Charset charset = type.getCharset();
			return type.equalsTypeAndSubtype(MediaType.APPLICATION_JSON)
					&& (charset == null || charset.equals(StandardCharsets.UTF_8));
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

	/**
	 * The body is not said to be JSON in UTF-8.
	 */
	private static final class UnsupportedContentException extends Exception {

		private static final long serialVersionUID = 1L;

	}

}
