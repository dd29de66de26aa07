package io.mcpsecurity.invocation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.ConfiguredRule;
import io.mcpsecurity.authorization.Conventions;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.OfferedTargets.Hints;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.authorization.ScopeHierarchy;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.authorization.TargetPattern;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.ListResourceTemplatesResult;
import io.modelcontextprotocol.spec.McpSchema.ListToolsResult;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.modelcontextprotocol.util.DefaultMcpUriTemplateManagerFactory;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What holds of every policy, whatever its rules: random rules, conventions, hierarchies
 * and callers.
 */
class PolicyLawsTests {

	private static final List<String> SCOPES = List.of("a", "b", "c", "d", "e");

	private static final List<String> NAMES = List.of("ab", "abc", "b", "bc", "c", "xa");

	@Property
	void aCallIsGrantedIfAndOnlyIfTheToolIsInTheFilteredListing(@ForAll("policies") Policy policy,
			@ForAll("held") Set<String> held) {
		AccessPolicy decisions = policy.build();
		assertThat(listedTools(decisions, held)).isEqualTo(granted(decisions, Kind.TOOL, held));
	}

	@Property
	void aTemplateIsListedIfAndOnlyIfItIsGranted(@ForAll("policies") Policy policy, @ForAll("held") Set<String> held) {
		AccessPolicy decisions = policy.build();
		assertThat(listedTemplates(decisions, held)).isEqualTo(granted(decisions, Kind.RESOURCE, held));
	}

	@Property
	void gateAndGuardAgree(@ForAll("policies") Policy policy, @ForAll("callers") @Nullable Set<String> held,
			@ForAll("uris") String uri) {
		AccessPolicy decisions = policy.build();
		for (McpTarget target : decisions.rules().offered().all()) {
			assertThat(passesGuard(decisions, target, target, held)).as(target.toString())
				.isEqualTo(passesGate(decisions, target, held));
		}
		McpTarget resource = McpTarget.resource(uri);
		List<McpTarget> handlers = List.copyOf(decisions.rules().offered().templatesOf(resource));
		for (McpTarget handler : handlers) {
			assertThat(passesGuard(decisions, resource, handler, held)).as(resource + " by " + handler)
				.isEqualTo(passesGate(decisions, resource, held));
		}
	}

	@Property
	void anotherScopeTakesNoGrantAway(@ForAll("policies") Policy policy, @ForAll("held") Set<String> held,
			@ForAll("scope") String more) {
		AccessPolicy decisions = policy.build();
		Set<String> union = new HashSet<>(held);
		union.add(more);
		for (Kind kind : Kind.values()) {
			assertThat(granted(decisions, kind, union)).containsAll(granted(decisions, kind, held));
		}
	}

	@Property
	void whatAChallengeNamesIsEnough(@ForAll("policies") Policy policy, @ForAll("held") Set<String> held) {
		AccessPolicy decisions = policy.build();
		for (McpTarget target : decisions.rules().offered().all()) {
			Set<String> union = new HashSet<>(held);
			union.addAll(decisions.decide(target, held).operationScopes());
			if (!decisions.decide(target, held).operationScopes().isEmpty()) {
				assertThat(decisions.decide(target, union).denied()).as(target.toString()).isFalse();
			}
		}
	}

	@Property
	void denyWinsOverWhateverTheCallerHoldsAndTheModeIs(@ForAll("policies") Policy policy, @ForAll("name") String name,
			@ForAll AccessPolicy.Mode mode) {
		List<ConfiguredRule> rules = new ArrayList<>();
		rules.add(new ConfiguredRule(List.of(new TargetPattern(Kind.TOOL, name)), Access.DENY, ScopeRequirement.NONE,
				"deny"));
		policy.configured()
			.stream()
			.filter((rule) -> !rule.patterns().contains(new TargetPattern(Kind.TOOL, name)))
			.forEach(rules::add);
		AccessPolicy decisions = new Policy(rules, policy.declared(), policy.conventions(), policy.undeclared(),
				policy.hierarchy(), mode)
			.build();
		McpTarget tool = McpTarget.tool(name);
		Set<String> everything = new HashSet<>(SCOPES);
		assertThat(passesGate(decisions, tool, everything)).isFalse();
		assertThat(passesGuard(decisions, tool, tool, everything)).isFalse();
		assertThat(listedTools(decisions, everything)).doesNotContain(name);
	}

	@Property
	void withoutACallerOnlyWhatIsPublicPasses(@ForAll("policies") Policy policy) {
		AccessPolicy decisions = policy.build();
		for (McpTarget target : decisions.rules().offered().all()) {
			if (passesGate(decisions, target, null)) {
				assertThat(decisions.rules().ruleFor(target).access()).isEqualTo(Access.PUBLIC);
			}
		}
	}

	@Property
	void reportModeDeniesExactlyWhatNoScopeWouldOpen(@ForAll("policies") Policy policy,
			@ForAll("held") Set<String> held) {
		AccessPolicy reporting = new Policy(policy.configured(), policy.declared(), policy.conventions(),
				policy.undeclared(), policy.hierarchy(), AccessPolicy.Mode.REPORT)
			.build();
		Set<String> everything = new HashSet<>(SCOPES);
		everything.addAll(NAMES);
		for (Kind kind : Kind.values()) {
			assertThat(granted(reporting, kind, held)).isEqualTo(granted(policy.build(), kind, everything));
		}
	}

	private static Set<String> granted(AccessPolicy decisions, Kind kind, Set<String> held) {
		Set<String> names = new HashSet<>();
		for (McpTarget target : decisions.rules().offered().all()) {
			if (target.kind() == kind && passesGate(decisions, target, held)) {
				names.add(target.name());
			}
		}
		return names;
	}

	private static boolean passesGate(AccessPolicy decisions, McpTarget target, @Nullable Set<String> held) {
		return !decisions.decide(new McpMessage("1", "any", target), held).denied();
	}

	private static boolean passesGuard(AccessPolicy decisions, McpTarget target, McpTarget handler,
			@Nullable Set<String> held) {
		try {
			new InvocationGuard(new AccessPolicies(decisions, Map.of()), new ToolConditions(), (resource) -> "",
					UnaryOperator.identity())
				.check(target, handler, (held != null) ? caller(held) : McpTransportContext.EMPTY, target);
			return true;
		}
		catch (McpError ex) {
			return false;
		}
	}

	private static Set<String> listedTools(AccessPolicy decisions, Set<String> held) {
		ListToolsResult all = new ListToolsResult(
				NAMES.stream().map((name) -> Tool.builder(name, Map.of("type", "object")).build()).toList(), null,
				null);
		return Set.copyOf(
				((ListToolsResult) list(decisions, "tools/list", all, held)).tools().stream().map(Tool::name).toList());
	}

	private static Set<String> listedTemplates(AccessPolicy decisions, Set<String> held) {
		ListResourceTemplatesResult all = new ListResourceTemplatesResult(
				NAMES.stream().map((name) -> ResourceTemplate.builder(template(name), name).build()).toList(), null,
				null);
		return Set.copyOf(((ListResourceTemplatesResult) list(decisions, "resources/templates/list", all, held))
			.resourceTemplates()
			.stream()
			.map(ResourceTemplate::uriTemplate)
			.toList());
	}

	private static Object list(AccessPolicy decisions, String method, Object all, Set<String> held) {
		return Objects
			.requireNonNull(new ListingFilter(new AccessPolicies(decisions, Map.of()), ScopeCatalogue.EMPTY, false)
				.filter(new JSONRPCRequest(method, 1), JSONRPCResponse.result(1, all), caller(held))
				.result());
	}

	private static McpCaller caller(Set<String> held) {
		return new McpCaller("alice", "https://issuer.example", null, List.of(), false, held, null,
				"https://mcp.example/mcp");
	}

	private static String template(String name) {
		return "r://" + name + "/{id}";
	}

	@Provide
	Arbitrary<String> scope() {
		return Arbitraries.of(SCOPES);
	}

	@Provide
	Arbitrary<String> name() {
		return Arbitraries.of(NAMES);
	}

	@Provide
	Arbitrary<Set<String>> held() {
		return scope().set().ofMaxSize(4);
	}

	@Provide
	Arbitrary<Set<String>> callers() {
		return held().injectNull(0.2);
	}

	@Provide
	Arbitrary<String> uris() {
		return Combinators
			.combine(Arbitraries.of("r", "R"), Arbitraries.of("ab", "%61b", "%2561b", "abc", "b", "x/../b", "b%2F.."),
					Arbitraries.of("1", "..", "%2e%2e", ".", "a b"))
			.as((scheme, name, id) -> scheme + "://" + name + "/" + id);
	}

	@Provide
	Arbitrary<Policy> policies() {
		Arbitrary<Kind> kinds = Arbitraries.of(Kind.class);
		Arbitrary<ScopeRequirement> requirements = Combinators
			.combine(scope().list().ofMaxSize(2), scope().list().ofMaxSize(3))
			.as(ScopeRequirement::new)
			.filter((requirement) -> !requirement.equals(ScopeRequirement.NONE));
		Arbitrary<String> texts = Arbitraries.of("a*", "*c", "*", "b*c", "ab", "b", "xa", "r://a*", "r://b/{id}",
				"r://*/1", "r://b/1");
		Arbitrary<ConfiguredRule> configured = Combinators
			.combine(kinds, texts, Arbitraries.of(Access.class), requirements)
			.as((kind, text, access, requirement) -> new ConfiguredRule(List.of(new TargetPattern(kind, text)), access,
					(access == Access.SCOPES) ? requirement : ScopeRequirement.NONE, "rule"));
		Arbitrary<AccessRule> declared = Combinators.combine(kinds, name(), requirements)
			.as((kind, name, requirement) -> new AccessRule(
					new McpTarget(kind, (kind == Kind.RESOURCE) ? template(name) : name), requirement, "declared"));
		Arbitrary<@Nullable String> convention = scope().injectNull(0.5);
		Arbitrary<Conventions> conventions = Combinators
			.combine(convention, convention, Arbitraries.of("{name}", "a").injectNull(0.7))
			.as(Conventions::new);
		Arbitrary<ScopeHierarchy> hierarchies = Combinators.combine(scope(), scope())
			.as((first, second) -> List.of(first, second))
			.list()
			.ofMaxSize(4)
			.map(PolicyLawsTests::hierarchy);
		return Combinators
			.combine(configured.list().ofMaxSize(5).uniqueElements((rule) -> rule.patterns().get(0)),
					declared.list().ofMaxSize(4).uniqueElements(AccessRule::target), conventions,
					Arbitraries.of(Access.AUTHENTICATED, Access.DENY), hierarchies)
			.as((rules, declarations, convention1, undeclared, hierarchy) -> new Policy(rules, declarations,
					convention1, undeclared, hierarchy, AccessPolicy.Mode.ENFORCE));
	}

	/**
	 * The first of a pair contains the second where it stands before it in the alphabet,
	 * so there are no cycles.
	 */
	private static ScopeHierarchy hierarchy(List<List<String>> pairs) {
		return (scopes) -> {
			Set<String> reachable = new LinkedHashSet<>(scopes);
			boolean more = true;
			while (more) {
				more = false;
				for (List<String> pair : pairs) {
					if (pair.get(0).compareTo(pair.get(1)) < 0 && reachable.contains(pair.get(0))) {
						more |= reachable.add(pair.get(1));
					}
				}
			}
			return reachable;
		};
	}

	/**
	 * What a policy is made of.
	 */
	record Policy(List<ConfiguredRule> configured, List<AccessRule> declared, Conventions conventions,
			Access undeclared, ScopeHierarchy hierarchy, AccessPolicy.Mode mode) {

		AccessPolicy build() {
			DefaultMcpUriTemplateManagerFactory templates = new DefaultMcpUriTemplateManagerFactory();
			OfferedTargets offered = new OfferedTargets((template, uri) -> templates.create(template).matches(uri));
			for (int i = 0; i < NAMES.size(); i++) {
				offered.add(McpTarget.tool(NAMES.get(i)), new Hints(i % 3 == 0, i % 2 == 0));
				offered.add(McpTarget.prompt(NAMES.get(i)), Hints.DEFAULT);
				offered.add(McpTarget.resource(template(NAMES.get(i))), Hints.DEFAULT);
			}
			return new AccessPolicy(
					new RuleBook(this.configured, this.declared, this.conventions, this.undeclared, offered),
					this.hierarchy, this.mode, false);
		}

		@Override
		public String toString() {
			StringBuilder text = new StringBuilder();
			this.configured.forEach((rule) -> text.append(rule.patterns())
				.append(' ')
				.append(rule.access())
				.append(' ')
				.append(rule.requirement())
				.append("; "));
			return text.append(this.declared)
				.append(this.conventions)
				.append(this.undeclared)
				.append(this.mode)
				.toString();
		}

	}

}
