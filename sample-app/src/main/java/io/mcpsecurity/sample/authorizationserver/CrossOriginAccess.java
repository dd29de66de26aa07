package io.mcpsecurity.sample.authorizationserver;

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
 * Which endpoints scripts of other origins may call: those that clients in a browser
 * need, from any origin, as they may come from anywhere, and without credentials, as none
 * of these endpoints looks at cookies. The pages and the authorization endpoint, which
 * do, are not among them.
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
	 * Matches the questions of browsers before such a call, whose method is not the one
	 * of the endpoint.
	 */
	RequestMatcher preflightMatcher() {
		PathPatternRequestMatcher.Builder path = PathPatternRequestMatcher.withDefaults();
		return new OrRequestMatcher(this.paths.stream()
			.<RequestMatcher>map((pattern) -> path.matcher(HttpMethod.OPTIONS, pattern))
			.toList());
	}

}
