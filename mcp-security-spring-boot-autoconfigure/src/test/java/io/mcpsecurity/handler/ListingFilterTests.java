package io.mcpsecurity.handler;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.AccessPolicy.Visibility;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.AuthenticationRequirement;
import io.mcpsecurity.authorization.ConfiguredRule;
import io.mcpsecurity.authorization.Conventions;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.authorization.ScopeHierarchy;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.authorization.TargetPattern;
import io.mcpsecurity.exchange.AuthorizationRules;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.TestExchanges;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of a server's answer to a listing.
 */
class ListingFilterTests {

	private static final Map<String, Object> META = Map.of("example.com/a", "b");

	private static final McpCaller HOLDER = caller("a");

	private final AccessPolicy policy = policy(Visibility.NEED_TO_KNOW, false);

	private final ListingFilter filter = new ListingFilter(policies(this.policy), AuthorizationRules.NONE,
			ScopeCatalogue.EMPTY, JsonMapper.shared());

	@Test
	void cursorAndMetaOfListingAreKept() {
		ListToolsResult tools = list("tools/list", HOLDER,
				new ListToolsResult(List.of(tool("open"), tool("closed")), "next", META));
		assertThat(tools.tools()).extracting(Tool::name).containsExactly("open", "closed");
		assertThat(tools.nextCursor()).isEqualTo("next");
		assertThat(tools.meta()).isEqualTo(META);
		ListResourcesResult resources = list("resources/list", HOLDER,
				new ListResourcesResult(List.of(Resource.builder("r://1", "r").build()), "next", META));
		assertThat(resources.resources()).hasSize(1);
		assertThat(resources.nextCursor()).isEqualTo("next");
		assertThat(resources.meta()).isEqualTo(META);
		ListResourceTemplatesResult templates = list("resources/templates/list", HOLDER,
				new ListResourceTemplatesResult(List.of(ResourceTemplate.builder("r://{id}", "r").build()), "next",
						META));
		assertThat(templates.resourceTemplates()).hasSize(1);
		assertThat(templates.nextCursor()).isEqualTo("next");
		assertThat(templates.meta()).isEqualTo(META);
		ListPromptsResult prompts = list("prompts/list", HOLDER,
				new ListPromptsResult(List.of(Prompt.builder("p").build()), "next", META));
		assertThat(prompts.prompts()).hasSize(1);
		assertThat(prompts.nextCursor()).isEqualTo("next");
		assertThat(prompts.meta()).isEqualTo(META);
	}

	@Test
	void emptyPageKeepsCursor() {
		ListToolsResult page = list("tools/list", caller(), new ListToolsResult(List.of(tool("closed")), "next", null));
		assertThat(page.tools()).isEmpty();
		assertThat(page.nextCursor()).isEqualTo("next");
	}

	@Test
	void onlyMetaOfEntryIsChanged() {
		Tool tool = Tool.builder("closed", Map.of("type", "object")).description("d").title("t").meta(META).build();
		Tool listed = list("tools/list", HOLDER, new ListToolsResult(List.of(tool), null, null)).tools().get(0);
		assertThat(listed.meta()).containsAllEntriesOf(META)
			.containsEntry(ListingFilter.SCOPES, Map.of("allOf", List.of(Map.of("scope", "a"))));
		assertThat(listed).usingRecursiveComparison().ignoringFields("meta").isEqualTo(tool);
	}

	@ParameterizedTest
	@ValueSource(strings = { "tools/list", "resources/list", "resources/templates/list", "prompts/list" })
	void resultOfUnexpectedTypeIsReplacedByError(String method) {
		for (Object result : List.of(Map.of("tools", List.of(tool("closed"))), "text", List.of())) {
			JSONRPCResponse response = this.filter.filter(TestExchanges.of(HOLDER), request(method),
					JSONRPCResponse.result(1, result));
			assertThat(response.result()).isNull();
			assertThat(response.error().code()).isEqualTo(-32603);
			assertThat(response.id()).isEqualTo(1);
		}
	}

	@Test
	void responsesThatAreNoListingsAreUnchanged() {
		JSONRPCResponse response = JSONRPCResponse.result(1, Map.of("a", "b"));
		assertThat(this.filter.filter(TestExchanges.of(HOLDER), request("tools/call"), response)).isSameAs(response);
		JSONRPCResponse error = JSONRPCResponse.error(1, new JSONRPCResponse.JSONRPCError(-32602, "wrong cursor"));
		assertThat(this.filter.filter(TestExchanges.of(HOLDER), request("tools/list"), error)).isSameAs(error);
	}

	@Test
	void anonymousClientsGetListingOnlyWithPublicDiscovery() {
		JSONRPCResponse response = JSONRPCResponse.result(1,
				new ListToolsResult(List.of(tool("open"), tool("closed"), tool("denied")), null, null));
		assertThat(this.filter.filter(TestExchanges.of(null), request("tools/list"), response).error().code())
			.isEqualTo(-32010);
		ListingFilter discovery = new ListingFilter(policies(policy(Visibility.STEP_UP, true)), AuthorizationRules.NONE,
				ScopeCatalogue.EMPTY, JsonMapper.shared());
		ListToolsResult listed = parsed(ListToolsResult.class,
				discovery.filter(TestExchanges.of(null), request("tools/list"), response));
		assertThat(listed.tools()).extracting(Tool::name).containsExactly("open", "closed");
	}

	@Test
	void scopesInListingHaveDescriptionAndRequestName() {
		ScopeCatalogue catalogue = new ScopeCatalogue(
				Map.of("a", new ScopeCatalogue.Entry("Lets one see", List.of(), "api://x/a")));
		ListingFilter everything = new ListingFilter(policies(policy(Visibility.STEP_UP, false)),
				AuthorizationRules.NONE, catalogue, JsonMapper.shared());
		ListToolsResult listed = parsed(ListToolsResult.class,
				everything.filter(TestExchanges.of(caller()), request("tools/list"), JSONRPCResponse.result(1,
						new ListToolsResult(List.of(tool("open"), tool("closed"), tool("denied")), null, null))));
		assertThat(listed.tools()).extracting(Tool::name).containsExactly("open", "closed");
		assertThat(listed.tools().get(0).meta()).isNull();
		assertThat(listed.tools().get(1).meta()).isEqualTo(Map.of("io.mcpsecurity/scopes",
				Map.of("allOf", List.of(Map.of("scope", "api://x/a", "description", "Lets one see")))));
	}

	@Test
	void serializedEntryIsCachedPerRule() {
		Tool tool = tool("closed");
		JSONRPCResponse response = JSONRPCResponse.result(1, new ListToolsResult(List.of(tool), null, null));
		Object first = entries(this.filter.filter(TestExchanges.of(HOLDER), request("tools/list"), response)).get(0);
		Object second = entries(this.filter.filter(TestExchanges.of(HOLDER), request("tools/list"), response)).get(0);
		assertThat(second).isSameAs(first);
		JSONRPCResponse other = JSONRPCResponse.result(1, new ListToolsResult(
				List.of(Tool.builder("closed", Map.of("type", "object")).title("t").build()), null, null));
		assertThat(parsed(ListToolsResult.class,
				this.filter.filter(TestExchanges.of(HOLDER), request("tools/list"), other))
			.tools()).extracting(Tool::title).containsExactly("t");
	}

	@Test
	void sameEntryHasScopesOfEachEndpoint() {
		AccessPolicy main = policy(Visibility.STEP_UP, false);
		AccessPolicy further = main.with(main.ruleBook()
			.with(List.of(new ConfiguredRule(List.of(new TargetPattern(McpTarget.Kind.TOOL, "closed")), Access.SCOPES,
					ScopeRequirement.of("b"), AuthenticationRequirement.NONE, "further"))));
		ListingFilter both = new ListingFilter(new AccessPolicies(main, Map.of("https://mcp.example/further", further)),
				AuthorizationRules.NONE, ScopeCatalogue.EMPTY, JsonMapper.shared());
		JSONRPCResponse response = JSONRPCResponse.result(1, new ListToolsResult(List.of(tool("closed")), null, null));
		for (int i = 0; i < 2; i++) {
			assertThat(scopes(both, "https://mcp.example/mcp", response)).isEqualTo("a");
			assertThat(scopes(both, "https://mcp.example/further", response)).isEqualTo("b");
		}
	}

	private static String scopes(ListingFilter filter, String resource, JSONRPCResponse response) {
		McpCaller caller = McpCaller.builder("alice", "https://issuer.example", resource).build();
		return JsonMapper.shared()
			.valueToTree(parsed(ListToolsResult.class,
					filter.filter(TestExchanges.of(caller), request("tools/list"), response))
				.tools()
				.get(0)
				.meta())
			.at("/io.mcpsecurity~1scopes/allOf/0/scope")
			.asString();
	}

	private static List<?> entries(JSONRPCResponse response) {
		return (List<?>) ((Map<?, ?>) response.result()).get("tools");
	}

	@SuppressWarnings("unchecked")
	private <T> T list(String method, McpCaller caller, T result) {
		return parsed((Class<T>) result.getClass(),
				this.filter.filter(TestExchanges.of(caller), request(method), JSONRPCResponse.result(1, result)));
	}

	/**
	 * What a client reads.
	 */
	private static <T> T parsed(Class<T> type, JSONRPCResponse response) {
		return JsonMapper.shared().readValue(JsonMapper.shared().writeValueAsBytes(response.result()), type);
	}

	private static JSONRPCRequest request(String method) {
		return new JSONRPCRequest(method, 1, null);
	}

	private static Tool tool(String name) {
		return Tool.builder(name, Map.of("type", "object")).build();
	}

	private static McpCaller caller(String... scopes) {
		return McpCaller.builder("alice", "https://issuer.example", "https://mcp.example/mcp")
			.scopes(Set.of(scopes))
			.build();
	}

	private static AccessPolicies policies(AccessPolicy policy) {
		return new AccessPolicies(policy, Map.of());
	}

	private static AccessPolicy policy(Visibility visibility, boolean publicDiscovery) {
		McpTarget denied = McpTarget.tool("denied");
		return new AccessPolicy(
				new RuleBook(List.of(),
						List.of(new AccessRule(McpTarget.tool("closed"), ScopeRequirement.of("a"), "test"),
								new AccessRule(denied, Access.DENY, ScopeRequirement.NONE, "test")),
						Conventions.NONE, Access.AUTHENTICATED, new OfferedTargets()),
				ScopeHierarchy.FLAT, AccessPolicy.Mode.ENFORCE, publicDiscovery, visibility, Duration.ZERO);
	}

}
