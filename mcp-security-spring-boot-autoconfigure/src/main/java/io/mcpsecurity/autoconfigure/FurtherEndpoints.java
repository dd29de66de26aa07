package io.mcpsecurity.autoconfigure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.ConfiguredRule;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.web.BearerChallenge;
import io.mcpsecurity.web.McpAuthenticationEntryPoint;
import io.mcpsecurity.web.McpEndpoint;
import io.mcpsecurity.web.ProtectedResource;
import io.mcpsecurity.web.ResourceMetadata;
import org.jspecify.annotations.Nullable;

/**
 * The MCP endpoints of an application besides the one that Spring AI configures: each has
 * a resource identifier, metadata, an audience and rules of its own.
 */
final class FurtherEndpoints {

	private final Map<String, McpEndpoint> endpoints = new LinkedHashMap<>();

	private final List<ResourceMetadata> metadata = new ArrayList<>();

	/**
	 * Create the endpoints.
	 * @param checked what is configured
	 * @param main the endpoint that Spring AI configures
	 * @param rules the rules that all endpoints have in common
	 * @param policy the policy of the main endpoint, whose hierarchy and modes hold for
	 * all
	 * @param factory makes the parts
	 * @param properties for intervals
	 */
	FurtherEndpoints(CheckedProperties checked, ProtectedResource main, RuleBook rules, AccessPolicy policy,
			McpEndpointFactory factory, McpSecurityProperties properties) {
		checked.endpoints().forEach((name, endpoint) -> {
			String property = "mcp.security.endpoints." + name;
			if (endpoint.path().equals(main.endpoint())) {
				throw CheckedProperties.invalid(property + ".path", endpoint.path(),
						"is the path of the endpoint that Spring AI configures.");
			}
			ProtectedResource resource = new ProtectedResource(endpoint.resource(), endpoint.path(), main.contextPath(),
					endpoint.metadataUrl());
			List<ConfiguredRule> own = endpoint.rules();
			RuleBook book = PolicyProperties.ruleBook(property + ".rules", () -> rules.with(own));
			BearerChallenge challenge = factory.challenge(resource, book, endpoint.initialScopes());
			this.endpoints.put(name,
					new McpEndpoint(resource, policy.with(book), factory.authentication(resource, endpoint.name()),
							challenge, new McpAuthenticationEntryPoint(challenge, properties.keys().retryInterval())));
			this.metadata.add(factory.metadata(resource, endpoint.name(), book, endpoint.scopesSupported()));
		});
	}

	McpEndpoint get(String name) {
		McpEndpoint endpoint = this.endpoints.get(name);
		if (endpoint == null) {
			throw new IllegalStateException("No endpoint " + name);
		}
		return endpoint;
	}

	/**
	 * All of them, by name.
	 */
	Map<String, McpEndpoint> all() {
		return this.endpoints;
	}

	List<ResourceMetadata> metadata() {
		return this.metadata;
	}

	Map<String, AccessPolicy> policies() {
		return this.endpoints.values()
			.stream()
			.collect(Collectors.toMap((endpoint) -> endpoint.resource().identifier().toString(), McpEndpoint::policy));
	}

	/**
	 * Where the metadata of one of these endpoints is, by its resource identifier.
	 */
	Optional<String> metadataLocation(@Nullable String identifier) {
		return this.endpoints.values()
			.stream()
			.map(McpEndpoint::resource)
			.filter((resource) -> resource.identifier().toString().equals(identifier))
			.map(ProtectedResource::metadataLocation)
			.findFirst();
	}

}
