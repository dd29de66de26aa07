package io.mcpsecurity.autoconfigure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
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
 * The MCP endpoints of an application besides the one that Spring AI configures: each has
 * a resource identifier, metadata, an audience and rules of its own.
 */
final class FurtherEndpoints {

	private final Map<String, EndpointDefinition> endpoints = new LinkedHashMap<>();

	private final Map<String, List<EndpointDefinition>> aliases = new LinkedHashMap<>();

	private final List<ResourceMetadata> metadata = new ArrayList<>();

	/**
	 * Create the endpoints.
	 * @param checked what is configured
	 * @param main the endpoint that Spring AI configures
	 * @param rules the rules that all endpoints have in common
	 * @param policy the policy of the main endpoint, whose hierarchy and modes hold for
	 * all
	 * @param factory makes the parts
	 */
	FurtherEndpoints(CheckedProperties checked, ProtectedResource main, RuleBook rules, AccessPolicy policy,
			McpEndpointFactory factory) {
		checked.endpoints().forEach((name, endpoint) -> {
			String property = "mcp-security.endpoints." + name;
			if (endpoint.path().equals(main.endpoint())) {
				throw CheckedProperties.invalid(property + ".path", endpoint.path(),
						"It is the path of the endpoint that Spring AI configures.");
			}
			ProtectedResource resource = new ProtectedResource(endpoint.resource(), endpoint.path(), main.contextPath(),
					endpoint.metadataUrl());
			List<ConfiguredRule> own = endpoint.rules();
			RuleBook book = PolicyProperties.ruleBook(property + ".policy.rules", () -> rules.with(own));
			AccessPolicy ownPolicy = policy.with(book).requiring(endpoint.requiredScopes());
			AuthenticationManagerResolver<HttpServletRequest> authentication = factory.authenticationByName(resource,
					endpoint.name());
			Function<ProtectedResource, EndpointDefinition> define = (identity) -> {
				this.metadata
					.add(factory.metadata(identity, endpoint.name(), ownPolicy, endpoint.metadata().scopesSupported()));
				return new EndpointDefinition(identity, ownPolicy, authentication,
						factory.challenge(identity, ownPolicy, endpoint.metadata().challengeScopes()));
			};
			this.endpoints.put(name, define.apply(resource));
			this.aliases.put(name, checked.aliases(resource).stream().map(define).toList());
		});
	}

	EndpointDefinition get(String name) {
		EndpointDefinition endpoint = this.endpoints.get(name);
		if (endpoint == null) {
			throw new IllegalStateException("No endpoint " + name);
		}
		return endpoint;
	}

	/**
	 * One of these endpoints by each of its other names.
	 */
	List<EndpointDefinition> aliases(String name) {
		return this.aliases.getOrDefault(name, List.of());
	}

	/**
	 * All of them, by name.
	 */
	Map<String, EndpointDefinition> all() {
		return this.endpoints;
	}

	/**
	 * What is protected at each of them, by name.
	 */
	Map<String, ProtectedEndpoint> protectedEndpoints() {
		Map<String, ProtectedEndpoint> described = new LinkedHashMap<>();
		this.endpoints.forEach((name, endpoint) -> described.put(name, endpoint.protectedEndpoint()));
		return described;
	}

	List<ResourceMetadata> metadata() {
		return this.metadata;
	}

	Map<String, AccessPolicy> policies() {
		return identities().collect(Collectors.toMap((endpoint) -> endpoint.resource().identifier().toString(),
				EndpointDefinition::policy));
	}

	/**
	 * These endpoints by all of their names.
	 */
	private Stream<EndpointDefinition> identities() {
		return Stream.concat(this.endpoints.values().stream(), this.aliases.values().stream().flatMap(List::stream));
	}

	/**
	 * The name of one of these endpoints, or {@code null} for another resource
	 * identifier.
	 */
	@Nullable String name(String identifier) {
		return this.endpoints.keySet()
			.stream()
			.filter((name) -> Stream.concat(Stream.of(get(name)), aliases(name).stream())
				.anyMatch((endpoint) -> endpoint.resource().identifier().toString().equals(identifier)))
			.findFirst()
			.orElse(null);
	}

	/**
	 * Where the metadata of one of these endpoints is, by its resource identifier.
	 */
	Optional<String> metadataLocation(@Nullable String identifier) {
		return identities().map(EndpointDefinition::resource)
			.filter((resource) -> resource.identifier().toString().equals(identifier))
			.map(ProtectedResource::metadataLocation)
			.findFirst();
	}

}
