package io.mcpsecurity.handler;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.exchange.AuthorizationRules;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpMethod;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.ListPromptsResult;
import io.modelcontextprotocol.spec.McpSchema.ListResourceTemplatesResult;
import io.modelcontextprotocol.spec.McpSchema.ListResourcesResult;
import io.modelcontextprotocol.spec.McpSchema.ListToolsResult;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.SerializedString;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.util.RawValue;

/**
 * Removes from a listing what the caller may not see, and adds to each entry the scopes
 * and the authentication that it needs. Works on the server's response before it is
 * written, which is the same for JSON and event streams, and for all kinds of servers. A
 * response of another type is refused.
 * <p>
 * Entries are written to JSON once and not for each response, which is most of the time
 * for a listing. They are immutable, and are cached while the server offers them.
 */
public final class ListingFilter {

	/** The key of an entry's scopes in {@code _meta}. */
	public static final String SCOPES = "io.mcpsecurity/scopes";

	/** The key of an entry's authentication in {@code _meta}. */
	public static final String AUTHENTICATION = "io.mcpsecurity/authentication";

	private static final String META = "_meta";

	private final AccessPolicies policies;

	private final AuthorizationRules rules;

	private final ScopeCatalogue catalogue;

	private final JsonMapper json;

	/** By identity of what servers offer. */
	private final Cache<Object, Entry> entries = Caffeine.newBuilder().weakKeys().executor(Runnable::run).build();

	public ListingFilter(AccessPolicies policies, AuthorizationRules rules, ScopeCatalogue catalogue, JsonMapper json) {
		this.policies = policies;
		this.rules = rules;
		this.catalogue = catalogue;
		this.json = json;
	}

	/**
	 * The response to a request as the caller may see it.
	 * @param exchange the exchange of the request
	 * @param request the request
	 * @param response the server's response
	 */
	public JSONRPCResponse filter(McpExchange exchange, JSONRPCRequest request, JSONRPCResponse response) {
		if (response.error() != null || !McpMethod.of(request.method()).isListing()) {
			return response;
		}
		McpCaller caller = exchange.caller();
		AccessPolicy policy = this.policies.of(exchange.connection().resource());
		if (policy.decide(new McpMessage(null, request.method(), null), caller).denied()) {
			return JSONRPCResponse.error(response.id(),
					new JSONRPCResponse.JSONRPCError(JsonRpcErrorCode.UNAUTHENTICATED, "An access token is required"));
		}
		Object filtered = filter(response.result(), policy, exchange);
		return (filtered != null) ? JSONRPCResponse.result(response.id(), filtered) : JSONRPCResponse.error(
				response.id(),
				new JSONRPCResponse.JSONRPCError(JsonRpcErrorCode.INTERNAL_ERROR, "The listing could not be filtered"));
	}

	private @Nullable Object filter(@Nullable Object result, AccessPolicy policy, McpExchange exchange) {
		if (result instanceof ListToolsResult list) {
			return listing("tools", entries(list.tools(), (tool) -> McpTarget.tool(tool.name()), policy, exchange),
					list.nextCursor(), list.meta());
		}
		if (result instanceof ListResourcesResult list) {
			return listing("resources",
					entries(list.resources(), (resource) -> McpTarget.resource(resource.uri()), policy, exchange),
					list.nextCursor(), list.meta());
		}
		if (result instanceof ListResourceTemplatesResult list) {
			return listing(
					"resourceTemplates", entries(list.resourceTemplates(),
							(template) -> McpTarget.resource(template.uriTemplate()), policy, exchange),
					list.nextCursor(), list.meta());
		}
		if (result instanceof ListPromptsResult list) {
			return listing("prompts",
					entries(list.prompts(), (prompt) -> McpTarget.prompt(prompt.name()), policy, exchange),
					list.nextCursor(), list.meta());
		}
		return null;
	}

	private static Map<String, Object> listing(String type, List<RawValue> entries, @Nullable String nextCursor,
			@Nullable Map<String, Object> meta) {
		Map<String, Object> listing = new LinkedHashMap<>();
		listing.put(type, entries);
		if (nextCursor != null) {
			listing.put("nextCursor", nextCursor);
		}
		if (meta != null) {
			listing.put(META, meta);
		}
		return listing;
	}

	private <T> List<RawValue> entries(List<T> offered, Function<T, McpTarget> target, AccessPolicy policy,
			McpExchange exchange) {
		Predicate<McpTarget> listed = policy.listedTo(exchange.caller());
		List<RawValue> shown = new ArrayList<>(offered.size());
		for (T each : offered) {
			Entry entry = this.entries.get(each, (key) -> new Entry(target.apply(each), new ConcurrentHashMap<>()));
			if (listed.test(entry.target()) && this.rules.denying(exchange, entry.target(), null) == null) {
				AccessRule rule = policy.ruleBook().ruleFor(entry.target());
				shown.add(entry.json().computeIfAbsent(rule, (key) -> write(each, rule)));
			}
		}
		return shown;
	}

	/**
	 * Write an entry with its scopes and authentication, or as it is if it needs none.
	 */
	private RawValue write(Object entry, AccessRule rule) {
		ObjectNode written = this.json.valueToTree(entry);
		if (rule.access() == Access.SCOPES) {
			written.withObjectProperty(META).set(SCOPES, this.json.valueToTree(scopes(rule)));
		}
		if (rule.requiresAuthentication()) {
			written.withObjectProperty(META)
				.set(AUTHENTICATION, this.json.valueToTree(Denial.parameters(rule.authentication())));
		}
		return new RawValue(new SerializedString(this.json.writeValueAsString(written)));
	}

	private Map<String, Object> scopes(AccessRule rule) {
		Map<String, Object> scopes = new LinkedHashMap<>();
		scopes.put("allOf", rule.requirement().allOf().stream().map(this::described).toList());
		scopes.put("anyOf", rule.requirement().anyOf().stream().map(this::described).toList());
		scopes.values().removeIf(List.of()::equals);
		if (rule.when() != null) {
			scopes.put("conditional", true);
		}
		return scopes;
	}

	private Map<String, String> described(String scope) {
		String description = this.catalogue.description(scope);
		Map<String, String> described = new LinkedHashMap<>();
		described.put("scope", this.catalogue.requested(List.of(scope)).get(0));
		if (description != null) {
			described.put("description", description);
		}
		return described;
	}

	/**
	 * A cached entry. (It does not refer to the entry itself, which would then never be
	 * evicted.)
	 *
	 * @param target the target of the entry
	 * @param json the entry as JSON with the scopes of a rule; endpoints may have
	 * different rules for it
	 */
	private record Entry(McpTarget target, Map<AccessRule, RawValue> json) {
	}

}
