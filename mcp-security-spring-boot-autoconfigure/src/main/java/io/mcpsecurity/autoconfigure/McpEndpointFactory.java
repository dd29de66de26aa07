package io.mcpsecurity.autoconfigure;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

import io.mcpsecurity.actuate.TokenCacheMetrics;
import io.mcpsecurity.authorization.MinimalScopes;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.session.Sessions;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.token.IssuerAuthenticationManager;
import io.mcpsecurity.token.McpCallerConverter;
import io.mcpsecurity.token.VerifiedTokens;
import io.mcpsecurity.web.AllowedOrigins;
import io.mcpsecurity.web.BearerChallenge;
import io.mcpsecurity.web.CrossOriginFilter;
import io.mcpsecurity.web.ProtectedResource;
import io.mcpsecurity.web.ResourceMetadata;
import io.mcpsecurity.web.SessionFilter;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.security.authentication.AuthenticationManagerResolver;

/**
 * Makes the parts of an MCP endpoint that depend on its identity, in the same way for the
 * endpoint that Spring AI configures and for further ones.
 */
final class McpEndpointFactory {

	private final AuthorizationServers servers;

	private final ScopeCatalogue catalogue;

	private final CheckedProperties checked;

	private final McpSecurityProperties properties;

	private final List<TokenCacheMetrics.Endpoint> tokenCaches = new CopyOnWriteArrayList<>();

	McpEndpointFactory(AuthorizationServers servers, ScopeCatalogue catalogue, CheckedProperties checked,
			McpSecurityProperties properties) {
		this.servers = servers;
		this.catalogue = catalogue;
		this.checked = checked;
		this.properties = properties;
	}

	/**
	 * What verifies the tokens for a resource.
	 * @param resource the resource
	 * @param name its name for people
	 */
	AuthenticationManagerResolver<HttpServletRequest> authentication(ProtectedResource resource, String name) {
		String audience = resource.identifier().toString();
		McpSecurityProperties.Token token = this.properties.token();
		// What is configured as the audience of an authorization server is for one
		// endpoint: a token for it is refused at the others.
		boolean main = resource.identifier().equals(this.checked.resource());
		IssuerAuthenticationManager manager = new IssuerAuthenticationManager(
				main ? this.servers : this.servers.forResourceOnly(), audience, token.clockSkew(),
				new McpCallerConverter(audience, this.checked.policy().moreScopeClaims(), this.catalogue::granted),
				token.cache().enabled()
						? new VerifiedTokens.Settings(token.cache().maxSize(), this.properties.keys().cacheTtl())
						: null);
		VerifiedTokens cache = manager.cache();
		if (cache != null) {
			this.tokenCaches.add(new TokenCacheMetrics.Endpoint(name, cache));
		}
		return (request) -> manager;
	}

	/**
	 * The verified tokens of each endpoint so far.
	 */
	List<TokenCacheMetrics.Endpoint> tokenCaches() {
		return this.tokenCaches;
	}

	/**
	 * What lets in requests of browsers to a resource.
	 */
	CrossOriginFilter crossOrigin(ProtectedResource resource) {
		AllowedOrigins configured = this.checked.allowedOrigins();
		return new CrossOriginFilter((configured != null) ? configured : AllowedOrigins.of(resource.identifier()),
				this.properties.allowedHosts());
	}

	/**
	 * What keeps the sessions of a resource apart.
	 */
	SessionFilter sessions(ProtectedResource resource, Sessions sessions) {
		return new SessionFilter(sessions, resource.identifier().toString(), this.properties.token().clockSkew());
	}

	BearerChallenge challenge(ProtectedResource resource, RuleBook rules, List<String> initial) {
		return new BearerChallenge(resource.metadataLocation(), scopes(initial, rules), this.catalogue::requested);
	}

	ResourceMetadata metadata(ProtectedResource resource, String name, RuleBook rules, List<String> supported) {
		Supplier<List<String>> scopes = scopes(supported, rules);
		return new ResourceMetadata(resource, name, this.servers.issuers(),
				() -> this.catalogue.requested(scopes.get()));
	}

	/**
	 * The scopes that a property asks to advertise.
	 */
	private Supplier<List<String>> scopes(List<String> configured, RuleBook rules) {
		if (configured.equals(List.of("minimal"))) {
			return new MinimalScopes(rules, this.checked.policy().hierarchy(), this.catalogue::requested);
		}
		if (configured.equals(List.of("declared"))) {
			return () -> advertised(rules.scopes());
		}
		return configured.equals(List.of("none")) ? List::of : () -> configured;
	}

	/**
	 * MCP 2026-07-28, Authorization: {@code offline_access} belongs neither into a
	 * challenge nor into {@code scopes_supported}.
	 */
	private static List<String> advertised(List<String> scopes) {
		return scopes.stream().filter((scope) -> !scope.equals("offline_access")).toList();
	}

}
