package io.mcpsecurity.transport;

import java.io.IOException;
import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;
import org.springframework.security.web.DefaultSecurityFilterChain;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Responds with 404 at the metadata locations of an authorization server (RFC 8414
 * section 3, OpenID Connect Discovery section 4) that is elsewhere. Clients of earlier
 * revisions of MCP request them from the MCP server, and would otherwise get the login
 * page of the application.
 */
public final class AbsentMetadataFilter extends OncePerRequestFilter {

	private static final List<String> LOCATIONS = List.of("/.well-known/oauth-authorization-server",
			"/.well-known/openid-configuration");

	private AbsentMetadataFilter() {
	}

	/**
	 * A chain of this filter alone. It matches no request if a protected resource has the
	 * same origin as an issuer, nor a request that another chain is for.
	 * @param names the identifiers of the protected resources
	 * @param issuers the issuers of its tokens, and those in its metadata
	 * @param others the other chains, but those for any request
	 */
	public static SecurityFilterChain chain(List<URI> names, Collection<String> issuers,
			Supplier<List<SecurityFilterChain>> others) {
		List<Origin> origins = names.stream().map(Origin::of).toList();
		if (issuers.stream()
			.map(URI::create)
			.filter((issuer) -> issuer.getHost() != null)
			.map(Origin::of)
			.anyMatch(origins::contains)) {
			return new DefaultSecurityFilterChain((request) -> false);
		}
		PathPatternRequestMatcher.Builder path = PathPatternRequestMatcher.withDefaults();
		RequestMatcher locations = new OrRequestMatcher(LOCATIONS.stream()
			.flatMap((location) -> Stream.of(path.matcher(location), path.matcher(location + "/**")))
			.toArray(RequestMatcher[]::new));
		return new DefaultSecurityFilterChain(
				(request) -> locations.matches(request)
						&& others.get().stream().noneMatch((chain) -> chain.matches(request)),
				new AbsentMetadataFilter());
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
		response.setHeader("X-Content-Type-Options", "nosniff");
		response.setStatus(HttpServletResponse.SC_NOT_FOUND);
	}

}
