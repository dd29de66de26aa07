package io.mcpsecurity.web;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
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
 * Lets in from browsers only what comes from allowed origins (MCP Transports, "Security
 * Warning": servers must validate the {@code Origin} header), and answers those by the
 * CORS protocol, also when what is behind refuses the request. A request without an
 * {@code Origin} comes from no page of another origin and passes.
 * <p>
 * It stands before everything that looks at tokens or bodies: a preflight request has
 * neither.
 */
public final class CrossOriginFilter extends EndpointFilter {

	private static final List<String> METHODS = List.of("GET", "POST", "DELETE");

	private static final Set<String> REQUEST_HEADERS = Set.of("accept", "authorization", "content-type", "dpop",
			"last-event-id", "traceparent", "tracestate");

	/** Of every revision, and those that tools declare. */
	private static final String MCP_HEADERS = "mcp-";

	private static final List<String> RESPONSE_HEADERS = List.of(HttpHeaders.WWW_AUTHENTICATE, "Mcp-Session-Id",
			"MCP-Protocol-Version", HttpHeaders.RETRY_AFTER);

	private final AllowedOrigins origins;

	private final Set<String> hosts;

	private final CorsConfiguration cors;

	private final CorsProcessor processor = new SilentCorsProcessor();

	/**
	 * Create a filter.
	 * @param origins the origins that are let in
	 * @param hosts the names and addresses by which the server may be called; empty for
	 * all
	 */
	public CrossOriginFilter(AllowedOrigins origins, List<String> hosts) {
		this.origins = origins;
		this.hosts = hosts.stream()
			.map((host) -> String.valueOf(Origin.host(host)))
			.collect(Collectors.toUnmodifiableSet());
		this.cors = new McpCorsConfiguration(origins);
		this.cors.setAllowedMethods(METHODS);
		this.cors.setExposedHeaders(RESPONSE_HEADERS);
		this.cors.setMaxAge(Duration.ofHours(1));
	}

	@Override
	void filter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		if (!this.hosts.isEmpty() && !this.hosts.contains(String.valueOf(Origin.host(request.getServerName())))) {
			refuse(request, response, "host", "Not a name of this server");
		}
		else if (request.getHeader(HttpHeaders.ORIGIN) == null) {
			chain.doFilter(request, response);
		}
		else if (!isAllowed(request.getHeaders(HttpHeaders.ORIGIN))
				|| !this.processor.processRequest(this.cors, request, response)) {
			refuse(request, response, "origin", "Not allowed from this origin");
		}
		else if (!CorsUtils.isPreFlightRequest(request)) {
			chain.doFilter(request, response);
		}
	}

	/**
	 * Of two headers a proxy may have looked at the other one.
	 */
	private boolean isAllowed(Enumeration<String> headers) {
		return this.origins.allow(headers.nextElement()) && !headers.hasMoreElements();
	}

	private static void refuse(HttpServletRequest request, HttpServletResponse response, String reason, String message)
			throws IOException {
		new RefusedRequestException(HttpServletResponse.SC_FORBIDDEN, reason, message).answer(response,
				RequestRecordFilter.of(request));
	}

	/**
	 * Leaves it to the filter how a request is refused.
	 */
	private static final class SilentCorsProcessor extends DefaultCorsProcessor {

		@Override
		protected void rejectRequest(ServerHttpResponse response) {
		}

	}

	/**
	 * Compares origins as the filter does, and knows headers by their beginning.
	 */
	private static final class McpCorsConfiguration extends CorsConfiguration {

		private final AllowedOrigins origins;

		McpCorsConfiguration(AllowedOrigins origins) {
			this.origins = origins;
		}

		@Override
		public @Nullable String checkOrigin(@Nullable String origin) {
			return (origin != null && this.origins.allow(origin)) ? origin : null;
		}

		@Override
		public List<String> checkHeaders(@Nullable List<String> names) {
			List<String> allowed = new ArrayList<>();
			for (String name : (names != null) ? names : List.<String>of()) {
				String lowerCase = name.toLowerCase(Locale.ROOT);
				if (REQUEST_HEADERS.contains(lowerCase) || lowerCase.startsWith(MCP_HEADERS)) {
					allowed.add(name);
				}
			}
			return allowed;
		}

	}

}
