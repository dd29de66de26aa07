package io.mcpsecurity.authorizationserver;

import java.util.List;

import org.springframework.http.HttpMethod;
import org.springframework.security.oauth2.server.authorization.settings.AuthorizationServerSettings;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsConfigurationSource;
import org.springframework.web.cors.UrlBasedCorsConfigurationSource;

/**
 * Allows scripts of other origins to call the endpoints that clients in a browser need.
 * All origins are allowed, because such clients can have any origin, and credentials are
 * not allowed, because none of these endpoints uses cookies. The pages and the
 * authorization endpoint, which use cookies, are not included.
 */
final class CrossOriginAccess {

	private static final String WELL_KNOWN = "/.well-known/**";

	private final List<String> paths;

	CrossOriginAccess(AuthorizationServerSettings endpoints) {
		this.paths = List.of(WELL_KNOWN, endpoints.getJwkSetEndpoint(), endpoints.getTokenEndpoint(),
				endpoints.getClientRegistrationEndpoint());
	}

	CorsConfigurationSource configurationSource() {
		CorsConfiguration anyOrigin = new CorsConfiguration();
		anyOrigin.addAllowedOrigin(CorsConfiguration.ALL);
		anyOrigin.setAllowedMethods(List.of(HttpMethod.GET.name(), HttpMethod.POST.name()));
		anyOrigin.addAllowedHeader(CorsConfiguration.ALL);
		UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
		this.paths.forEach((path) -> source.registerCorsConfiguration(path, anyOrigin));
		return source;
	}

	/**
	 * Matches the preflight requests of browsers, whose method differs from that of the
	 * endpoint.
	 */
	RequestMatcher preflightMatcher() {
		PathPatternRequestMatcher.Builder path = PathPatternRequestMatcher.withDefaults();
		return new OrRequestMatcher(this.paths.stream()
			.<RequestMatcher>map((pattern) -> path.matcher(HttpMethod.OPTIONS, pattern))
			.toList());
	}

}
