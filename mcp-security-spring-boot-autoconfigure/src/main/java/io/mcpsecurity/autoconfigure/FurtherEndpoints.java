package io.mcpsecurity.autoconfigure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.ConfiguredRule;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.transport.ProtectedEndpoint;
import io.mcpsecurity.transport.ProtectedResource;
import io.mcpsecurity.transport.ResourceMetadata;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.AuthenticationManagerResolver;

/**
 * The MCP endpoints in addition to the one that Spring AI configures: each has a resource
 * identifier, metadata, an audience and rules of its own.
 */
final class FurtherEndpoints {

	private final Map<String, List<EndpointDefinition>> endpoints = new LinkedHashMap<>();

	private final List<ResourceMetadata> metadata = new ArrayList<>();

	/**
	 * Create the endpoints.
	 * @param checked what is configured
	 * @param main the endpoint that Spring AI configures
	 * @param ruleBook the rules that all endpoints have in common
	 * @param policy the policy of the main endpoint, whose hierarchy and modes hold for
	 * all
	 * @param authentication verifies tokens
	 * @param factory creates the parts
	 */
	FurtherEndpoints(CheckedProperties checked, ProtectedResource main, RuleBook ruleBook, AccessPolicy policy,
			EndpointAuthentication authentication, McpEndpointFactory factory) {
		checked.endpoints().forEach((name, endpoint) -> {
			String property = "mcp-security.endpoints." + name;
			if (endpoint.path().equals(main.endpoint())) {
				throw CheckedProperties.invalid(property + ".path", endpoint.path(),
						"It is the path of the endpoint that Spring AI configures.");
			}
			List<ProtectedResource> names = checked.names(new ProtectedResource(endpoint.resource(), endpoint.path(),
					main.contextPath(), endpoint.metadataUrl()));
			List<ConfiguredRule> own = endpoint.rules();
			RuleBook book = PolicyProperties.ruleBook(property + ".policy.rules", () -> ruleBook.with(own));
			AccessPolicy ownPolicy = policy.with(book).requiring(endpoint.requiredScopes());
			AuthenticationManagerResolver<HttpServletRequest> resolver = authentication.resolver(names);
			this.endpoints.put(name,
					names.stream()
						.map((resource) -> new EndpointDefinition(resource, ownPolicy, resolver,
								factory.challenge(resource, ownPolicy, endpoint.metadata().challengeScopes())))
						.toList());
			names.forEach((resource) -> this.metadata
				.add(factory.metadata(resource, endpoint.name(), ownPolicy, endpoint.metadata().scopesSupported())));
		});
	}

	/** One of these endpoints under each of its names, the main one first. */
	List<EndpointDefinition> names(String endpoint) {
		return this.endpoints.get(endpoint);
	}

	/** What is protected at each endpoint, by its name in the configuration. */
	Map<String, ProtectedEndpoint> protectedEndpoints() {
		Map<String, ProtectedEndpoint> described = new LinkedHashMap<>();
		this.endpoints.forEach((name, names) -> described.put(name,
				new ProtectedEndpoint(names.get(0).resource(), names.get(0).policy())));
		return described;
	}

	List<ResourceMetadata> metadata() {
		return this.metadata;
	}

	Map<String, AccessPolicy> policies() {
		return definitions().collect(Collectors.toMap((endpoint) -> endpoint.resource().identifier().toString(),
				EndpointDefinition::policy));
	}

	/** The resources of all endpoints under each of their names. */
	List<ProtectedResource> resources() {
		return definitions().map(EndpointDefinition::resource).toList();
	}

	private Stream<EndpointDefinition> definitions() {
		return this.endpoints.values().stream().flatMap(List::stream);
	}

	/**
	 * The name of one of these endpoints in the configuration, or {@code null} for
	 * another resource identifier.
	 */
	@Nullable String name(String identifier) {
		return this.endpoints.entrySet()
			.stream()
			.filter((endpoint) -> endpoint.getValue()
				.stream()
				.anyMatch((name) -> name.resource().identifier().toString().equals(identifier)))
			.map(Map.Entry::getKey)
			.findFirst()
			.orElse(null);
	}

}
