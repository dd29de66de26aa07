package io.mcpsecurity.autoconfigure;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.MinimalScopes;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.handler.ListingFilter;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.transport.AllowedOrigins;
import io.mcpsecurity.transport.AuthenticationRefusals;
import io.mcpsecurity.transport.BearerChallenge;
import io.mcpsecurity.transport.CrossOriginAccess;
import io.mcpsecurity.transport.McpDispatcher;
import io.mcpsecurity.transport.McpEndpoint;
import io.mcpsecurity.transport.ProtectedResource;
import io.mcpsecurity.transport.ResourceMetadata;
import io.mcpsecurity.transport.SenderConstraints;

/**
 * Creates the parts of an MCP endpoint that depend on its identity, in the same way for
 * the endpoint that Spring AI configures and for further endpoints.
 */
final class McpEndpointFactory {

	private final AuthorizationServers servers;

	private final ScopeCatalogue catalogue;

	private final CheckedProperties checked;

	private final McpSecurityProperties properties;

	private final SenderConstraints constraints;

	McpEndpointFactory(AuthorizationServers servers, ScopeCatalogue catalogue, CheckedProperties checked,
			McpSecurityProperties properties, SenderConstraints constraints) {
		this.servers = servers;
		this.catalogue = catalogue;
		this.checked = checked;
		this.properties = properties;
		this.constraints = constraints;
	}

	/**
	 * Create an endpoint.
	 * @param definition the parts that do not depend on its server
	 * @param listings filters listings
	 * @param dispatcher passes requests to its MCP server
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
		return new BearerChallenge(resource.metadataLocation(), scopes(initial, policy), this.catalogue::challenged,
				this.constraints.schemes());
	}

	ResourceMetadata metadata(ProtectedResource resource, String name, AccessPolicy policy, List<String> supported) {
		Supplier<List<String>> scopes = scopes(supported, policy);
		List<String> advertised = this.servers.issuers()
			.stream()
			.map(this.checked.issuers()::advertised)
			.distinct()
			.toList();
		return new ResourceMetadata(resource, name, advertised, () -> this.catalogue.requested(scopes.get()),
				this.constraints);
	}

	/** The advertised scopes for the value of a property. */
	private Supplier<List<String>> scopes(List<String> configured, AccessPolicy policy) {
		MinimalScopes basic = new MinimalScopes(policy.ruleBook(), this.checked.policy().hierarchy(),
				this.catalogue::requested);
		Supplier<List<String>> minimal = () -> Stream.concat(policy.required().stream(), basic.get().stream())
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
