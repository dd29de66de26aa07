package io.mcpsecurity.invocation;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.common.McpTransportContext;
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
 * Leaves in a listing what the caller may use, and says of each entry which scopes it
 * needs. Works on the server's answer before it is written, so that plain JSON and
 * server-sent events, synchronous and asynchronous servers are all the same to it; an
 * answer that it does not understand is refused.
 */
public final class ListingFilter {

	/**
	 * The key in {@code _meta} under which an entry names its scopes.
	 */
	public static final String SCOPES = "io.mcpsecurity/scopes";

	private final AccessPolicies policies;

	private final ScopeCatalogue catalogue;

	private final boolean everything;

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
	 * The answer to a request as the caller may see it.
	 */
	JSONRPCResponse filter(JSONRPCRequest request, JSONRPCResponse response, McpTransportContext context) {
		McpCaller caller = InvocationGuard.caller(context);
		AccessPolicy policy = this.policies.of(InvocationGuard.resource(context));
		Set<String> granted = (caller != null) ? caller.scopes() : null;
		Function<Object, @Nullable Object> filter = new View(policy, granted).of(request.method());
		if (filter == null || response.error() != null) {
			return response;
		}
		if (policy.decide(new McpMessage(null, request.method(), null), granted).denied()) {
			return JSONRPCResponse.error(response.id(),
					new JSONRPCResponse.JSONRPCError(JsonRpcErrorCode.UNAUTHENTICATED, "An access token is required"));
		}
		Object filtered = filter.apply(response.result());
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

		@Nullable Function<Object, @Nullable Object> of(String method) {
			return switch (method) {
				case "tools/list" -> (result) -> (result instanceof ListToolsResult list) ? new ListToolsResult(
						list.tools().stream().filter((tool) -> shown(target(tool))).map(this::described).toList(),
						list.nextCursor(), list.meta()) : null;
				case "resources/list" ->
					(result) -> (result instanceof ListResourcesResult list) ? new ListResourcesResult(list.resources()
						.stream()
						.filter((resource) -> shown(target(resource)))
						.map(this::described)
						.toList(), list.nextCursor(), list.meta()) : null;
				case "resources/templates/list" -> (result) -> (result instanceof ListResourceTemplatesResult list)
						? new ListResourceTemplatesResult(list.resourceTemplates()
							.stream()
							.filter((template) -> shown(target(template)))
							.map(this::described)
							.toList(), list.nextCursor(), list.meta())
						: null;
				case "prompts/list" -> (result) -> (result instanceof ListPromptsResult list) ? new ListPromptsResult(
						list.prompts().stream().filter((prompt) -> shown(target(prompt))).map(this::described).toList(),
						list.nextCursor(), list.meta()) : null;
				default -> null;
			};
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

		private Tool described(Tool tool) {
			return new Tool(tool.name(), tool.title(), tool.description(), tool.inputSchema(), tool.outputSchema(),
					tool.annotations(), meta(target(tool), tool.meta()), tool.icons());
		}

		private Resource described(Resource resource) {
			return new Resource(resource.uri(), resource.name(), resource.title(), resource.description(),
					resource.mimeType(), resource.size(), resource.annotations(),
					meta(target(resource), resource.meta()), resource.icons());
		}

		private ResourceTemplate described(ResourceTemplate template) {
			return new ResourceTemplate(template.uriTemplate(), template.name(), template.title(),
					template.description(), template.mimeType(), template.annotations(),
					meta(target(template), template.meta()), template.icons());
		}

		private Prompt described(Prompt prompt) {
			return new Prompt(prompt.name(), prompt.title(), prompt.description(), prompt.arguments(),
					meta(target(prompt), prompt.meta()), prompt.icons());
		}

		private @Nullable Map<String, Object> meta(McpTarget target, @Nullable Map<String, Object> meta) {
			AccessRule rule = this.policy.rules().ruleFor(target);
			if (rule.access() != Access.SCOPES) {
				return meta;
			}
			Map<String, Object> described = new HashMap<>();
			if (meta != null) {
				described.putAll(meta);
			}
			Map<String, Object> scopes = new LinkedHashMap<>();
			scopes.put("allOf", rule.requirement().allOf().stream().map(this::described).toList());
			scopes.put("anyOf", rule.requirement().anyOf().stream().map(this::described).toList());
			scopes.values().removeIf(List.of()::equals);
			if (rule.when() != null) {
				scopes.put("conditional", true);
			}
			described.put(SCOPES, scopes);
			return described;
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
