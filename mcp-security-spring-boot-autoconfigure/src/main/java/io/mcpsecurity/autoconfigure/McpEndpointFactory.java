package io.mcpsecurity.autoconfigure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.mcpsecurity.actuate.TokenCacheMetrics;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.MinimalScopes;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.handler.ListingFilter;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.token.IssuerAuthenticationManager;
import io.mcpsecurity.token.McpCallerConverter;
import io.mcpsecurity.token.VerifiedTokens;
import io.mcpsecurity.transport.AllowedOrigins;
import io.mcpsecurity.transport.AuthenticationRefusals;
import io.mcpsecurity.transport.BearerChallenge;
import io.mcpsecurity.transport.CrossOriginAccess;
import io.mcpsecurity.transport.McpDispatcher;
import io.mcpsecurity.transport.McpEndpoint;
import io.mcpsecurity.transport.ProtectedResource;
import io.mcpsecurity.transport.ResourceMetadata;
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
		boolean main = resource.identifier().equals(this.checked.resource())
				|| this.checked.aliases(resource).contains(resource);
		IssuerAuthenticationManager manager = new IssuerAuthenticationManager(
				main ? this.servers : this.servers.forResourceOnly(), audience, token.clockSkew(),
				new McpCallerConverter(audience, this.catalogue::granted), (token.cache().maxSize() > 0)
						? new VerifiedTokens.Settings(token.cache().maxSize(), token.keys().cacheTtl()) : null);
		VerifiedTokens cache = manager.cache();
		if (cache != null) {
			this.tokenCaches.add(new TokenCacheMetrics.Endpoint(name, cache));
		}
		return (request) -> manager;
	}

	/**
	 * What verifies the tokens for a resource and its aliases, each for its own name.
	 * @param resource the resource
	 * @param name its name for people
	 */
	AuthenticationManagerResolver<HttpServletRequest> authenticationByName(ProtectedResource resource, String name) {
		AuthenticationManagerResolver<HttpServletRequest> main = authentication(resource, name);
		Map<ProtectedResource, AuthenticationManagerResolver<HttpServletRequest>> others = new LinkedHashMap<>();
		this.checked.aliases(resource)
			.forEach((alias) -> others.put(alias, authentication(alias, alias.identifier().toString())));
		return others.isEmpty() ? main
				: (request) -> others.entrySet()
					.stream()
					.filter((other) -> other.getKey().isCalled(request))
					.map(Map.Entry::getValue)
					.findFirst()
					.orElse(main)
					.resolve(request);
	}

	/**
	 * The verified tokens of each endpoint so far.
	 */
	List<TokenCacheMetrics.Endpoint> tokenCaches() {
		return this.tokenCaches;
	}

	/**
	 * An endpoint.
	 * @param definition what is particular to it
	 * @param listings filters listings
	 * @param dispatcher leads to its MCP server
	 */
	McpEndpoint endpoint(EndpointDefinition definition, ListingFilter listings, McpDispatcher dispatcher) {
		AllowedOrigins configured = this.checked.allowedOrigins();
		CrossOriginAccess origins = new CrossOriginAccess(
				(configured != null) ? configured : AllowedOrigins.of(definition.resource().identifier()),
				this.properties.http().allowedHosts());
		return new McpEndpoint(definition.resource(), definition.policy(), definition.authentication(),
				this.servers.issuers().isEmpty(), definition.challenge(),
				new AuthenticationRefusals(definition.challenge(), this.properties.token().keys().retryInterval()),
				origins, listings, this.properties.token().clockSkew(), this.properties.sessions().callsOutliveToken(),
				dispatcher);
	}

	BearerChallenge challenge(ProtectedResource resource, AccessPolicy policy, List<String> initial) {
		return new BearerChallenge(resource.metadataLocation(), scopes(initial, policy), this.catalogue::challenged);
	}

	ResourceMetadata metadata(ProtectedResource resource, String name, AccessPolicy policy, List<String> supported) {
		Supplier<List<String>> scopes = scopes(supported, policy);
		List<String> advertised = this.servers.issuers().stream().map(this.checked::advertised).distinct().toList();
		return new ResourceMetadata(resource, name, advertised, () -> this.catalogue.requested(scopes.get()));
	}

	/**
	 * The scopes that a property asks to advertise.
	 */
	private Supplier<List<String>> scopes(List<String> configured, AccessPolicy policy) {
		MinimalScopes rules = new MinimalScopes(policy.rules(), this.checked.policy().hierarchy(),
				this.catalogue::requested);
		Supplier<List<String>> minimal = () -> Stream.concat(policy.required().stream(), rules.get().stream())
			.distinct()
			.toList();
		if (configured.equals(List.of("minimal"))) {
			return minimal;
		}
		if (configured.equals(List.of("declared"))) {
			return () -> declared(minimal.get(), policy.scopes());
		}
		return configured.equals(List.of("none")) ? List::of : () -> configured;
	}

	/**
	 * All scopes, those for basic use first, because a challenge has a limited length.
	 * MCP 2026-07-28, Authorization: {@code offline_access} belongs neither into a
	 * challenge nor into {@code scopes_supported}.
	 */
	private static List<String> declared(List<String> minimal, List<String> all) {
		return Stream.concat(minimal.stream(), all.stream())
			.filter((scope) -> !scope.equals("offline_access"))
			.distinct()
			.toList();
	}

}
