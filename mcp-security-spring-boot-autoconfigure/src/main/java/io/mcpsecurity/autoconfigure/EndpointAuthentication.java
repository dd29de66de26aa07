package io.mcpsecurity.autoconfigure;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import io.mcpsecurity.actuate.TokenCacheMetrics;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.token.IssuerAuthenticationManager;
import io.mcpsecurity.token.McpCallerConverter;
import io.mcpsecurity.token.VerifiedTokens;
import io.mcpsecurity.transport.ProtectedResource;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.security.authentication.AuthenticationManagerResolver;

/**
 * The authentication manager of each resource identifier of the application. Each has a
 * cache of its own, so that a token is only accepted for its own audience.
 */
final class EndpointAuthentication {

	/** Not with a decoder of the application, which is called for each request. */
	private static final Duration REFUSAL_TTL = Duration.ofSeconds(5);

	private final Map<URI, IssuerAuthenticationManager> managers = new HashMap<>();

	private final List<TokenCacheMetrics.Endpoint> caches = new ArrayList<>();

	private final ScopeCatalogue catalogue;

	private final McpSecurityProperties.Token token;

	/**
	 * Create the managers.
	 * @param servers the authorization servers
	 * @param catalogue the names of scopes in tokens
	 * @param checked the resource identifiers
	 * @param token the properties of tokens
	 * @param name the name of the endpoint that Spring AI configures
	 */
	EndpointAuthentication(AuthorizationServers servers, ScopeCatalogue catalogue, CheckedProperties checked,
			McpSecurityProperties.Token token, String name) {
		this.catalogue = catalogue;
		this.token = token;
		add(checked.resource(), name, servers);
		checked.aliases().forEach((alias) -> add(alias, alias.toString(), servers));
		// The audiences of an authorization server are those of the main endpoint.
		AuthorizationServers others = servers.forResourceOnly();
		checked.endpoints().values().forEach((endpoint) -> {
			add(endpoint.resource(), endpoint.name(), others);
			endpoint.aliases().forEach((alias) -> add(alias, alias.toString(), others));
		});
	}

	private void add(URI identifier, String name, AuthorizationServers servers) {
		String audience = identifier.toString();
		int size = this.token.cache().maxSize();
		IssuerAuthenticationManager manager = new IssuerAuthenticationManager(servers, audience, this.token.clockSkew(),
				new McpCallerConverter(audience, this.catalogue::granted),
				(size > 0) ? new VerifiedTokens.Settings(size, this.token.keys().cacheTtl(),
						(servers.extensions().decoder() == null) ? REFUSAL_TTL : Duration.ZERO) : null);
		this.managers.put(identifier, manager);
		VerifiedTokens cache = manager.cache();
		if (cache != null) {
			this.caches.add(new TokenCacheMetrics.Endpoint(name, cache));
		}
	}

	/**
	 * Selects the manager of the resource that a request was sent to.
	 * @param names one endpoint under each of its names, the main one first
	 */
	AuthenticationManagerResolver<HttpServletRequest> resolver(List<ProtectedResource> names) {
		return (request) -> this.managers
			.get(ProtectedResource.called(names, Function.identity(), request).identifier());
	}

	/** Whether a text is a token that was accepted recently, and is cached. */
	boolean isKnown(String text) {
		return this.managers.values().stream().anyMatch((manager) -> manager.isKnown(text));
	}

	/** The caches of verified tokens. Empty if tokens are not cached. */
	List<TokenCacheMetrics.Endpoint> caches() {
		return this.caches;
	}

}
