package io.mcpsecurity.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
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

	private final Set<String> paths;

	private final Map<String, Object> metadata = new LinkedHashMap<>();

	private final Supplier<List<String>> scopes;

	/**
	 * Create a filter.
	 * @param resource whose metadata it is
	 * @param authorizationServers issuer identifiers, at least one
	 * @param scopes the {@code scopes_supported}; left out when empty
	 * @param name the {@code resource_name}
	 */
	public ProtectedResourceMetadataFilter(ProtectedResource resource, List<String> authorizationServers,
			Supplier<List<String>> scopes, String name) {
		this.paths = resource.metadataPaths();
		this.scopes = scopes;
		this.metadata.put("resource", resource.identifier().toString());
		this.metadata.put("resource_name", name);
		this.metadata.put("authorization_servers", authorizationServers);
		this.metadata.put("bearer_methods_supported", List.of("header"));
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		String path = request.getRequestURI().substring(request.getContextPath().length());
		if (!path.equals(ProtectedResource.WELL_KNOWN) && !path.startsWith(ProtectedResource.WELL_KNOWN + "/")) {
			chain.doFilter(request, response);
			return;
		}
		if (!this.paths.contains(path)) {
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
			byte[] document = document();
			response.setContentLength(document.length);
			response.getOutputStream().write(document);
		}
		else {
			response.setHeader(HttpHeaders.ALLOW, "GET, HEAD, OPTIONS");
			response.setStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
		}
	}

	/**
	 * Scopes can change when tools are added or removed at run time.
	 */
	private byte[] document() {
		Map<String, Object> document = new LinkedHashMap<>(this.metadata);
		List<String> scopes = this.scopes.get();
		if (!scopes.isEmpty()) {
			document.put("scopes_supported", scopes);
		}
		return JsonMapper.shared().writeValueAsString(document).getBytes(StandardCharsets.UTF_8);
	}

}
