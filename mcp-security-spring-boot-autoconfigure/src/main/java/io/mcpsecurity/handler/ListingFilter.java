package io.mcpsecurity.handler;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.ListPromptsResult;
import io.modelcontextprotocol.spec.McpSchema.ListResourceTemplatesResult;
import io.modelcontextprotocol.spec.McpSchema.ListResourcesResult;
import io.modelcontextprotocol.spec.McpSchema.ListToolsResult;
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.jspecify.annotations.Nullable;

/**
 * Leaves in a listing what the caller may use, and adds to each entry the scopes that it
 * needs. Works on the server's response before it is written, so that plain JSON and
 * server-sent events, synchronous and asynchronous servers are all the same; a response
 * of another type is refused.
 */
public final class ListingFilter {

	/**
	 * The key in {@code _meta} under which an entry names its scopes.
	 */
	public static final String SCOPES = "io.mcpsecurity/scopes";

	private static final Set<String> LISTINGS = Set.of("tools/list", "resources/list", "resources/templates/list",
			"prompts/list");

	private final AccessPolicies policies;

	private final ScopeCatalogue catalogue;

	private final boolean everything;

	/** By rules, of which there are as many as the operator and the code declare. */
	private final Map<AccessRule, Map<String, Object>> scopes = new ConcurrentHashMap<>();

	/**
	 * Create a filter.
	 * @param policies decide, each for the callers of its endpoint
	 * @param catalogue describes scopes
	 * @param everything whether entries that the caller may not use are listed as well,
	 * so that a client can step up
	 */
	public ListingFilter(AccessPolicies policies, ScopeCatalogue catalogue, boolean everything) {
		this.policies = policies;
		this.catalogue = catalogue;
		this.everything = everything;
	}

	/**
	 * The response to a request as the caller may see it.
	 * @param exchange the exchange of the request
	 * @param request the request
	 * @param response the server's response
	 */
	public JSONRPCResponse filter(McpExchange exchange, JSONRPCRequest request, JSONRPCResponse response) {
		if (response.error() != null || !LISTINGS.contains(request.method())) {
			return response;
		}
		McpCaller caller = exchange.caller();
		AccessPolicy policy = this.policies.of(exchange.connection().resource());
		Set<String> granted = (caller != null) ? caller.scopes() : null;
		if (policy.decide(new McpMessage(null, request.method(), null), granted).denied()) {
			return JSONRPCResponse.error(response.id(),
					new JSONRPCResponse.JSONRPCError(JsonRpcErrorCode.UNAUTHENTICATED, "An access token is required"));
		}
		Object filtered = new View(policy, granted).of(response.result());
		return (filtered != null) ? JSONRPCResponse.result(response.id(), filtered) : JSONRPCResponse.error(
				response.id(),
				new JSONRPCResponse.JSONRPCError(JsonRpcErrorCode.INTERNAL_ERROR, "The listing could not be filtered"));
	}

	/**
	 * What one caller may see.
	 */
	private final class View {

		private final AccessPolicy policy;

		private final @Nullable Set<String> granted;

		View(AccessPolicy policy, @Nullable Set<String> granted) {
			this.policy = policy;
			this.granted = granted;
		}

		@Nullable Object of(@Nullable Object result) {
			if (result instanceof ListToolsResult list) {
				return new ListToolsResult(list.tools()
					.stream()
					.filter((tool) -> shown(target(tool)))
					.map((tool) -> described(tool, target(tool)))
					.toList(), list.nextCursor(), list.meta());
			}
			if (result instanceof ListResourcesResult list) {
				return new ListResourcesResult(list.resources()
					.stream()
					.filter((resource) -> shown(target(resource)))
					.map((resource) -> described(resource, target(resource)))
					.toList(), list.nextCursor(), list.meta());
			}
			if (result instanceof ListResourceTemplatesResult list) {
				return new ListResourceTemplatesResult(list.resourceTemplates()
					.stream()
					.filter((template) -> shown(target(template)))
					.map((template) -> described(template, target(template)))
					.toList(), list.nextCursor(), list.meta());
			}
			if (result instanceof ListPromptsResult list) {
				return new ListPromptsResult(list.prompts()
					.stream()
					.filter((prompt) -> shown(target(prompt)))
					.map((prompt) -> described(prompt, target(prompt)))
					.toList(), list.nextCursor(), list.meta());
			}
			return null;
		}

		/**
		 * Without a caller (only where discovery is public) there is nothing to go by:
		 * what anybody may come to use is shown.
		 */
		private boolean shown(McpTarget target) {
			if (ListingFilter.this.everything || this.granted == null) {
				return this.policy.rules().ruleFor(target).access() != Access.DENY;
			}
			return !this.policy.decide(target, target, this.granted).denied();
		}

		private static McpTarget target(Tool tool) {
			return McpTarget.tool(tool.name());
		}

		private static McpTarget target(Resource resource) {
			return McpTarget.resource(resource.uri());
		}

		private static McpTarget target(ResourceTemplate template) {
			return McpTarget.resource(template.uriTemplate());
		}

		private static McpTarget target(Prompt prompt) {
			return McpTarget.prompt(prompt.name());
		}

		private Tool described(Tool tool, McpTarget target) {
			Map<String, Object> meta = meta(target, tool.meta());
			return (meta == tool.meta()) ? tool : new Tool(tool.name(), tool.title(), tool.description(),
					tool.inputSchema(), tool.outputSchema(), tool.annotations(), meta, tool.icons());
		}

		private Resource described(Resource resource, McpTarget target) {
			Map<String, Object> meta = meta(target, resource.meta());
			return (meta == resource.meta()) ? resource
					: new Resource(resource.uri(), resource.name(), resource.title(), resource.description(),
							resource.mimeType(), resource.size(), resource.annotations(), meta, resource.icons());
		}

		private ResourceTemplate described(ResourceTemplate template, McpTarget target) {
			Map<String, Object> meta = meta(target, template.meta());
			return (meta == template.meta()) ? template
					: new ResourceTemplate(template.uriTemplate(), template.name(), template.title(),
							template.description(), template.mimeType(), template.annotations(), meta,
							template.icons());
		}

		private Prompt described(Prompt prompt, McpTarget target) {
			Map<String, Object> meta = meta(target, prompt.meta());
			return (meta == prompt.meta()) ? prompt : new Prompt(prompt.name(), prompt.title(), prompt.description(),
					prompt.arguments(), meta, prompt.icons());
		}

		/**
		 * The {@code _meta} of an entry with its scopes, or the entry's own if it needs
		 * none.
		 */
		private @Nullable Map<String, Object> meta(McpTarget target, @Nullable Map<String, Object> meta) {
			AccessRule rule = this.policy.rules().ruleFor(target);
			if (rule.access() != Access.SCOPES) {
				return meta;
			}
			Map<String, Object> described = new HashMap<>();
			if (meta != null) {
				described.putAll(meta);
			}
			described.put(SCOPES, ListingFilter.this.scopes.computeIfAbsent(rule, this::scopes));
			return described;
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
			String description = ListingFilter.this.catalogue.description(scope);
			Map<String, String> described = new LinkedHashMap<>();
			described.put("scope", ListingFilter.this.catalogue.requested(List.of(scope)).get(0));
			if (description != null) {
				described.put("description", description);
			}
			return described;
		}

	}

}
