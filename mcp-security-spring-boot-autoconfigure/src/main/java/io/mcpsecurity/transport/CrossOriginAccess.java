package io.mcpsecurity.transport;

import java.io.IOException;
import java.time.Duration;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsProcessor;
import org.springframework.web.cors.CorsUtils;
import org.springframework.web.cors.DefaultCorsProcessor;

/**
 * Accepts from browsers only requests of allowed origins (MCP Transports, "Security
 * Warning": servers must validate the {@code Origin} header), and adds the headers of the
 * CORS protocol to the response, even if a later step refuses the request. A request
 * without an {@code Origin} was not sent by a page of another origin, and passes.
 */
public final class CrossOriginAccess {

	private static final List<String> METHODS = List.of("GET", "POST", "DELETE");

	private static final List<String> RESPONSE_HEADERS = List.of(HttpHeaders.WWW_AUTHENTICATE, "Mcp-Session-Id",
			"MCP-Protocol-Version", SenderConstraints.NONCE, HttpHeaders.RETRY_AFTER);

	private final AllowedOrigins origins;

	private final Set<String> hosts;

	private final CorsConfiguration cors;

	private final CorsProcessor processor = new SilentCorsProcessor();

	/**
	 * Create the access.
	 * @param origins the origins that are accepted
	 * @param hosts the accepted values of the {@code Host} header, without port; empty
	 * for all
	 */
	public CrossOriginAccess(AllowedOrigins origins, List<String> hosts) {
		this.origins = origins;
		this.hosts = hosts.stream()
			.map((host) -> String.valueOf(Origin.host(host)))
			.collect(Collectors.toUnmodifiableSet());
		this.cors = new McpCorsConfiguration(origins);
		this.cors.setAllowedMethods(METHODS);
		// No header makes a request acceptable, so any header is allowed.
		this.cors.addAllowedHeader(CorsConfiguration.ALL);
		this.cors.setExposedHeaders(RESPONSE_HEADERS);
		this.cors.setMaxAge(Duration.ofHours(1));
	}

	/**
	 * Check a request.
	 * @param request the request
	 * @param response gets the headers of the CORS protocol
	 * @return whether to continue; if not, it was a preflight request, and the response
	 * is complete
	 * @throws RefusedRequestException if the host or origin is not accepted
	 */
	boolean check(HttpServletRequest request, HttpServletResponse response)
			throws RefusedRequestException, IOException {
		if (!this.hosts.isEmpty() && !this.hosts.contains(String.valueOf(Origin.host(request.getServerName())))) {
			throw refusal("host", "Not a name of this server");
		}
		if (request.getHeader(HttpHeaders.ORIGIN) == null) {
			return true;
		}
		if (!isAllowed(request.getHeaders(HttpHeaders.ORIGIN))
				|| !this.processor.processRequest(this.cors, request, response)) {
			throw refusal("origin", "Not allowed from this origin");
		}
		return !CorsUtils.isPreFlightRequest(request);
	}

	/** Two headers are refused, because a proxy may have used the other one. */
	private boolean isAllowed(Enumeration<String> headers) {
		return this.origins.allow(headers.nextElement()) && !headers.hasMoreElements();
	}

	private static RefusedRequestException refusal(String reason, String message) {
		return new RefusedRequestException(HttpServletResponse.SC_FORBIDDEN, reason, message);
	}

	/** Leaves the response to a refused request to the caller. */
	private static final class SilentCorsProcessor extends DefaultCorsProcessor {

		@Override
		protected void rejectRequest(ServerHttpResponse response) {
		}

	}

	/** Compares origins in the same way as the check. */
	private static final class McpCorsConfiguration extends CorsConfiguration {

		private final AllowedOrigins origins;

		McpCorsConfiguration(AllowedOrigins origins) {
			this.origins = origins;
		}

		@Override
		public @Nullable String checkOrigin(@Nullable String origin) {
			return (origin != null && this.origins.allow(origin)) ? origin : null;
		}

	}

}
