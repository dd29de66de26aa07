package io.mcpsecurity.web;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.message.InvalidMessageException;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpMessageReader;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.security.authentication.InsufficientAuthenticationException;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * The gate before the MCP transport: only an authenticated caller passes, a body is read
 * once and strictly, and a call whose scopes are missing is answered with a challenge
 * before the server hears of it.
 */
public final class McpGateFilter extends OncePerRequestFilter {

	private final McpAuthenticationEntryPoint entryPoint;

	private final BearerChallenge challenge;

	private final McpMessageReader reader;

	private final AccessPolicy policy;

	private final int maxSize;

	/**
	 * Create the gate.
	 * @param entryPoint what answers when there is no caller
	 * @param challenge the challenges of this server
	 * @param reader reads bodies
	 * @param policy decides
	 * @param maxSize the most bytes of a body
	 */
	public McpGateFilter(McpAuthenticationEntryPoint entryPoint, BearerChallenge challenge, McpMessageReader reader,
			AccessPolicy policy, int maxSize) {
		this.entryPoint = entryPoint;
		this.challenge = challenge;
		this.reader = reader;
		this.policy = policy;
		this.maxSize = maxSize;
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		Optional<McpCaller> caller = McpCaller.current();
		if (caller.isEmpty()) {
			this.entryPoint.commence(request, response, new InsufficientAuthenticationException("No access token"));
		}
		else if ("POST".equals(request.getMethod())) {
			post(request, response, chain, caller.get());
		}
		else {
			// Streams and the end of sessions (GET, DELETE) carry no message.
			chain.doFilter(request, response);
		}
	}

	private void post(HttpServletRequest request, HttpServletResponse response, FilterChain chain, McpCaller caller)
			throws ServletException, IOException {
		if (!isJson(request.getContentType())) {
			refuse(response, HttpServletResponse.SC_UNSUPPORTED_MEDIA_TYPE,
					"The content type must be application/json in UTF-8");
			return;
		}
		try {
			BufferedRequest buffered = BufferedRequest.read(request, this.maxSize);
			McpMessage message = this.reader.read(buffered.body());
			AccessDecision decision = message.targetIfAny()
				.map((target) -> this.policy.decide(target, caller.scopes()))
				.orElse(null);
			if (decision != null && decision.denied()) {
				deny(response, message, decision);
			}
			else {
				chain.doFilter(buffered, response);
			}
		}
		catch (BufferedRequest.TooLargeException ex) {
			// What is left of the body is not read: the container closes the connection.
			response.setHeader(HttpHeaders.CONNECTION, "close");
			refuse(response, HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE,
					"The body is longer than " + this.maxSize + " bytes");
		}
		catch (InvalidMessageException ex) {
			JsonRpcErrors.write(response, HttpServletResponse.SC_BAD_REQUEST, ex.getId(), ex.getCode(),
					String.valueOf(ex.getMessage()));
		}
	}

	private void deny(HttpServletResponse response, McpMessage message, AccessDecision decision) throws IOException {
		String description = "Needs the scope " + String.join(" ", decision.missing()) + " as well";
		response.setHeader(HttpHeaders.WWW_AUTHENTICATE,
				this.challenge.insufficientScope(decision.operationScopes(), description));
		JsonRpcErrors.write(response, HttpServletResponse.SC_FORBIDDEN, message.id(),
				JsonRpcErrorCode.INSUFFICIENT_SCOPE, description);
	}

	private static void refuse(HttpServletResponse response, int status, String message) throws IOException {
		JsonRpcErrors.write(response, status, null, JsonRpcErrorCode.INVALID_REQUEST, message);
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

}
