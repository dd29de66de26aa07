package io.mcpsecurity.transport;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
 * Serves the protected resource metadata (RFC 9728) at its locations, and responds with
 * 404 to all other requests below the well-known path.
 * <p>
 * Spring Security's filter is not used, because it takes the resource identifier from the
 * request's {@code Host}, responds to any suffix and declares certificate-bound tokens.
 */
public final class ProtectedResourceMetadataFilter extends OncePerRequestFilter {

	private static final Set<String> METHODS = Set.of("GET", "HEAD");

	private final Map<String, List<ResourceMetadata>> documents = new LinkedHashMap<>();

	/**
	 * Create a filter.
	 * @param resources the protected resources, the main one first. If several have the
	 * same path, the one whose host was called is served, or else the first.
	 */
	public ProtectedResourceMetadataFilter(List<ResourceMetadata> resources) {
		resources.forEach((metadata) -> metadata.resource()
			.metadataPaths()
			.forEach((path) -> this.documents.computeIfAbsent(path, (key) -> new ArrayList<>()).add(metadata)));
	}

	/** A chain of this filter alone, for the well-known path and all below it. */
	public SecurityFilterChain filterChain() {
		PathPatternRequestMatcher.Builder path = PathPatternRequestMatcher.withDefaults();
		return new DefaultSecurityFilterChain(new OrRequestMatcher(path.matcher(ProtectedResource.WELL_KNOWN),
				path.matcher(ProtectedResource.WELL_KNOWN + "/**")), this);
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		String path = request.getRequestURI().substring(request.getContextPath().length());
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
		response.setHeader("X-Content-Type-Options", "nosniff");
		List<ResourceMetadata> candidates = this.documents.get(path);
		if (candidates == null) {
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
			// A shared cache must not store what a forwarded header selects, which is not
			// part of its key (RFC 9111 section 2). The host is, so there is no need for
			// Vary (RFC 9110 section 12.5.5).
			response.setHeader(HttpHeaders.CACHE_CONTROL,
					((candidates.size() == 1) ? "public" : "private") + ", max-age=300");
			byte[] body = ProtectedResource.called(candidates, ResourceMetadata::resource, request).document();
			response.setContentLength(body.length);
			response.getOutputStream().write(body);
		}
		else {
			response.setHeader(HttpHeaders.ALLOW, "GET, HEAD, OPTIONS");
			response.setStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
		}
	}

}
