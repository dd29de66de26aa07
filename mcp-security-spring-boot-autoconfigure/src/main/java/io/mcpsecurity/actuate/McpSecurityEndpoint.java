package io.mcpsecurity.actuate;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.client.ClientAccess;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.transport.ProtectedEndpoint;
import io.mcpsecurity.transport.ProtectedResource;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

/**
 * Actuator's endpoint {@code mcpsecurity}. It returns the current policy with the source
 * of each rule, and the allowed and denied clients. Clients can be denied at run time
 * with a write operation. The endpoint contains neither secrets nor data about callers,
 * but it describes what the server offers, so it is exposed and secured like any other
 * actuator endpoint. By default access is read-only.
 */
@Endpoint(id = "mcpsecurity", defaultAccess = Access.READ_ONLY)
public final class McpSecurityEndpoint {

	private final ProtectedResource resource;

	private final AccessPolicy policy;

	private final Map<String, ProtectedEndpoint> further;

	private final AuthorizationServers authorizationServers;

	private final ScopeCatalogue catalogue;

	private final Modes modes;

	private final List<String> hierarchy;

	private final ClientAccess clients;

	/**
	 * Create the endpoint.
	 * @param resource the protected resource of the MCP endpoint that Spring AI
	 * configures
	 * @param policy the policy of that endpoint
	 * @param further further MCP endpoints, by name
	 * @param authorizationServers the accepted authorization servers
	 * @param catalogue the scope catalogue
	 * @param modes the modes of the policy
	 * @param hierarchy the scope hierarchy, one relation per line
	 * @param clients the allowed and denied clients
	 */
	public McpSecurityEndpoint(ProtectedResource resource, AccessPolicy policy, Map<String, ProtectedEndpoint> further,
			AuthorizationServers authorizationServers, ScopeCatalogue catalogue, Modes modes, List<String> hierarchy,
			ClientAccess clients) {
		this.resource = resource;
		this.policy = policy;
		this.further = new LinkedHashMap<>(further);
		this.authorizationServers = authorizationServers;
		this.catalogue = catalogue;
		this.modes = modes;
		this.hierarchy = List.copyOf(hierarchy);
		this.clients = clients;
	}

	/** The current policy of all MCP endpoints. */
	@ReadOperation
	public Description describe() {
		Map<String, Description> endpoints = new LinkedHashMap<>();
		this.further.forEach((name, endpoint) -> endpoints.put(name, describe(endpoint)));
		return describe(this.resource, this.policy, endpoints);
	}

	/**
	 * The policy of one of the further MCP endpoints.
	 * @param name its name in the configuration
	 * @return the policy, or {@code null} if there is no such endpoint
	 */
	@ReadOperation
	public @Nullable Description describe(@Selector String name) {
		ProtectedEndpoint endpoint = this.further.get(name);
		return (endpoint != null) ? describe(endpoint) : null;
	}

	/**
	 * Deny a client, or remove a denial. The change applies at once on this instance, and
	 * within the refresh interval on other instances with the same store.
	 * @param deny the client id or pattern to deny, or {@code null}
	 * @param undo the client id or pattern whose denial is removed, or {@code null}
	 * @return the allowed and denied clients after the change
	 */
	@WriteOperation
	public Clients change(@Nullable String deny, @Nullable String undo) {
		if ((deny != null) == (undo != null)) {
			throw new InvalidEndpointRequestException("Either 'deny' or 'undo' must name a client",
					"Either 'deny' or 'undo' must name a client");
		}
		try {
			if (deny != null) {
				this.clients.deny(deny);
			}
			else if (undo != null) {
				this.clients.undo(undo);
			}
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidEndpointRequestException("Not a client: " + ex.getMessage(), "Not a client");
		}
		return clients();
	}

	private Clients clients() {
		return new Clients(this.clients.allowed(), this.clients.denied(), this.clients.deniedAtRunTime());
	}

	private Description describe(ProtectedEndpoint endpoint) {
		return describe(endpoint.resource(), endpoint.policy(), Map.of());
	}

	private Description describe(ProtectedResource resource, AccessPolicy policy, Map<String, Description> endpoints) {
		RuleBook ruleBook = policy.ruleBook();
		Map<String, String> issuers = new LinkedHashMap<>();
		this.authorizationServers.keys().forEach((keys) -> issuers.put(keys.issuer(), keys.status().name()));
		return new Description(resource.identifier().toString(), resource.endpoint(), resource.metadataLocation(),
				issuers, clients(), this.modes, this.hierarchy, policy.required(), scopes(policy),
				offered(ruleBook, (target) -> target.kind() == Kind.TOOL),
				offered(ruleBook, (target) -> target.kind() == Kind.RESOURCE && !isTemplate(target)),
				offered(ruleBook, (target) -> target.kind() == Kind.RESOURCE && isTemplate(target)),
				offered(ruleBook, (target) -> target.kind() == Kind.PROMPT), endpoints);
	}

	/** Distinguishes templates in the same way as the MCP server. */
	private static boolean isTemplate(McpTarget resource) {
		return resource.name().contains("{");
	}

	private Map<String, Scope> scopes(AccessPolicy policy) {
		Set<String> names = new LinkedHashSet<>(policy.scopes());
		names.addAll(this.catalogue.entries().keySet());
		Map<String, Scope> scopes = new LinkedHashMap<>();
		for (String name : names) {
			ScopeCatalogue.Entry entry = this.catalogue.entries().get(name);
			List<String> grantedAs = (entry != null) ? entry.grantedAs() : List.of();
			scopes.put(name, new Scope(this.catalogue.description(name), this.catalogue.requested(List.of(name)).get(0),
					grantedAs.isEmpty() ? List.of(name) : grantedAs));
		}
		return scopes;
	}

	private static Map<String, Rule> offered(RuleBook ruleBook, Predicate<McpTarget> filter) {
		Map<String, Rule> offered = new LinkedHashMap<>();
		ruleBook.offered()
			.all()
			.stream()
			.filter(filter)
			.sorted(Comparator.comparing(McpTarget::name))
			.forEach((target) -> offered.put(target.name(), Rule.of(ruleBook.ruleFor(target))));
		return offered;
	}

	/**
	 * The policy of an MCP endpoint. Issuers, modes and hierarchy are those of the whole
	 * application.
	 *
	 * @param resource the resource identifier
	 * @param endpoint the path of the MCP endpoint
	 * @param metadata the URL of the protected resource metadata
	 * @param issuers the accepted issuers, each with the status of its keys:
	 * {@code AVAILABLE}, {@code LAST_GOOD} (cached keys are used), {@code UNAVAILABLE} or
	 * {@code NOT_ASKED}
	 * @param clients the allowed and denied clients
	 * @param modes the modes of the policy
	 * @param hierarchy the scope hierarchy
	 * @param requiredScopes the scopes that every request to the endpoint needs
	 * @param scopes the scopes that are required or that the operator described
	 * @param tools the tools that the application offers, by name, each with the rule
	 * that applies at this endpoint
	 * @param resources the resources, by URI
	 * @param resourceTemplates the resource templates, by URI template
	 * @param prompts the prompts, by name
	 * @param endpoints the further MCP endpoints, by name; empty in the description of a
	 * further endpoint
	 */
	public record Description(String resource, String endpoint, String metadata, Map<String, String> issuers,
			Clients clients, Modes modes, List<String> hierarchy, List<String> requiredScopes,
			Map<String, Scope> scopes, Map<String, Rule> tools, Map<String, Rule> resources,
			Map<String, Rule> resourceTemplates, Map<String, Rule> prompts, Map<String, Description> endpoints) {
	}

	/**
	 * The allowed and denied clients.
	 *
	 * @param allow the clients that configuration allows; empty for all
	 * @param deny the clients that configuration denies
	 * @param denied the clients that are denied at run time
	 */
	public record Clients(List<String> allow, List<String> deny, Set<String> denied) {
	}

	/**
	 * The modes of the policy, as values of the properties.
	 *
	 * @param enforcement {@code mcp-security.policy.enforcement}
	 * @param visibility {@code mcp-security.policy.visibility}
	 * @param anonymousDiscovery {@code mcp-security.policy.anonymous-discovery}
	 * @param defaultAccess {@code mcp-security.policy.default-access}
	 */
	public record Modes(String enforcement, String visibility, boolean anonymousDiscovery, String defaultAccess) {

		/** Create from the constants of the bound properties. */
		public static Modes of(Enum<?> enforcement, Enum<?> visibility, boolean anonymousDiscovery,
				Enum<?> defaultAccess) {
			return new Modes(value(enforcement), value(visibility), anonymousDiscovery, value(defaultAccess));
		}

	}

	/**
	 * A scope.
	 *
	 * @param description what the scope allows, or {@code null} without a description
	 * @param requestedAs the name by which clients request it
	 * @param grantedAs the names that denote it in a token
	 */
	public record Scope(@Nullable String description, String requestedAs, List<String> grantedAs) {
	}

	/**
	 * The rule for an offered target.
	 *
	 * @param access the access that the rule grants
	 * @param allOf scopes that are all required
	 * @param anyOf scopes of which one is sufficient
	 * @param when the condition on a call's arguments under which the scopes are
	 * required, or {@code null} if they always are
	 * @param acr authentication context class references of which one is sufficient;
	 * empty for any
	 * @param maxAge the maximum time since the user has signed in, in seconds, or
	 * {@code null} for any
	 * @param source where the rule is defined
	 */
	public record Rule(String access, List<String> allOf, List<String> anyOf, @Nullable String when, List<String> acr,
			@Nullable Long maxAge, String source) {

		static Rule of(AccessRule rule) {
			return new Rule(value(rule.access()), rule.requirement().allOf(), rule.requirement().anyOf(), rule.when(),
					rule.authentication().acr(), rule.authentication().maxAgeSeconds(), rule.source());
		}

	}

	private static String value(Enum<?> constant) {
		return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

}
