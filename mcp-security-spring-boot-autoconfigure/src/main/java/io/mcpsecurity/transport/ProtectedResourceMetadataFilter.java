package io.mcpsecurity.transport;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.security.web.DefaultSecurityFilterChain;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Serves the protected resource metadata (RFC 9728) at its locations and answers 404 for
 * every other one below the well-known path.
 * <p>
 * Not Spring Security's filter, because that takes the resource identifier from the
 * request's {@code Host}, answers for any suffix and claims certificate-bound tokens.
 */
public final class ProtectedResourceMetadataFilter extends OncePerRequestFilter {

	private static final Set<String> METHODS = Set.of("GET", "HEAD");

	private final Map<String, Supplier<byte[]>> documents = new LinkedHashMap<>();

	/**
	 * Create a filter.
	 * @param resources the protected resources, the main one first: of two that are
	 * served at one path the first is
	 */
	public ProtectedResourceMetadataFilter(List<ResourceMetadata> resources) {
		resources.forEach((metadata) -> metadata.resource()
			.metadataPaths()
			.forEach((path) -> this.documents.putIfAbsent(path, metadata::document)));
	}

	/**
	 * A chain of this filter alone, for the well-known path and all below it.
	 */
	public SecurityFilterChain filterChain() {
		PathPatternRequestMatcher.Builder path = PathPatternRequestMatcher.withDefaults();
		return new DefaultSecurityFilterChain(new OrRequestMatcher(path.matcher(ProtectedResource.WELL_KNOWN),
				path.matcher(ProtectedResource.WELL_KNOWN + "/**")), this);
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		String path = request.getRequestURI().substring(request.getContextPath().length());
		if (!path.equals(ProtectedResource.WELL_KNOWN) && !path.startsWith(ProtectedResource.WELL_KNOWN + "/")) {
			chain.doFilter(request, response);
			return;
		}
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
		response.setHeader("X-Content-Type-Options", "nosniff");
		Supplier<byte[]> document = this.documents.get(path);
		if (document == null) {
			response.setStatus(HttpServletResponse.SC_NOT_FOUND);
			return;
		}
		// Public and without credentials: browser clients of any origin may read it.
		response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
		if ("OPTIONS".equals(request.getMethod())) {
			response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, "GET");
			response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, "*");
			response.setStatus(HttpServletResponse.SC_NO_CONTENT);
		}
		else if (METHODS.contains(request.getMethod())) {
			response.setContentType(MediaType.APPLICATION_JSON_VALUE);
			response.setHeader(HttpHeaders.CACHE_CONTROL, "public, max-age=300");
			byte[] body = document.get();
			response.setContentLength(body.length);
			response.getOutputStream().write(body);
		}
		else {
			response.setHeader(HttpHeaders.ALLOW, "GET, HEAD, OPTIONS");
			response.setStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
		}
	}

}
