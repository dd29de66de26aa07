package io.mcpsecurity.handler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.AuthenticationRequirement;
import io.mcpsecurity.authorization.ConfiguredRule;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.authorization.ScopeHierarchy;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.authorization.TargetPattern;
import io.mcpsecurity.exchange.AuthorizationRules;
import io.mcpsecurity.handler.RandomPolicies.Policy;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import io.mcpsecurity.test.Callers;
import io.mcpsecurity.test.TestExchanges;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.ListResourceTemplatesResult;
import io.modelcontextprotocol.spec.McpSchema.ListToolsResult;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What holds of every policy, whatever its rules: random rules, conventions, hierarchies
 * and callers.
 */
class PolicyInvariantsTests {

	private static final int SEEDS = 1000;

	private static final int OFTEN = SEEDS / 20;

	private static final List<Outcome> STRICTER = List.of(Outcome.GRANTED, Outcome.MISSING_SCOPES, Outcome.FORBIDDEN,
			Outcome.UNAUTHENTICATED);

	private static final List<String> MANY_KINDS = List.of("GRANTED", "MISSING_SCOPES", "FORBIDDEN", "UNAUTHENTICATED",
			"name SCOPES", "name AUTHENTICATED", "name PUBLIC", "name DENY", "pattern SCOPES", "pattern AUTHENTICATED",
			"pattern PUBLIC", "pattern DENY", "declared SCOPES",
			"readOnlyHint and mcp-security.policy.read-only-scope SCOPES",
			"destructiveHint and mcp-security.policy.destructive-scope SCOPES",
			"mcp-security.policy.scope-template SCOPES", "mcp-security.policy.default-access AUTHENTICATED",
			"mcp-security.policy.default-access DENY", "all of ...", "one of ...", "all of ... and one of ...",
			"the hierarchy decides", "mode ENFORCE", "mode REPORT", "plain uri of a template", "odd uri of a template",
			"uri of nothing");

	@Test
	void toolIsListedIfAndOnlyIfCallIsGranted() {
		forAll((cases) -> {
			Policy policy = cases.policy();
			Set<String> held = cases.held();
			AccessPolicy decisions = policy.build();
			assertThat(listedTools(decisions, held)).isEqualTo(granted(decisions, Kind.TOOL, held));
		});
	}

	@Test
	void templateIsListedIfAndOnlyIfReadIsGranted() {
		forAll((cases) -> {
			Policy policy = cases.policy();
			Set<String> held = cases.held();
			AccessPolicy decisions = policy.build();
			assertThat(listedTemplates(decisions, held)).isEqualTo(granted(decisions, Kind.RESOURCE, held));
		});
	}

	@Test
	void gateAndGuardAgree() {
		forAll((cases) -> {
			Policy policy = cases.policy();
			Set<String> held = cases.caller();
			String uri = cases.uri();
			AccessPolicy decisions = policy.build();
			for (McpTarget target : decisions.ruleBook().offered().all()) {
				assertThat(passesGuard(decisions, target, target, held)).as(target.toString())
					.isEqualTo(passesGate(decisions, target, held));
			}
			McpTarget resource = McpTarget.resource(uri);
			List<McpTarget> handlers = List.copyOf(decisions.ruleBook().offered().handlersOf(resource));
			for (McpTarget handler : handlers) {
				assertThat(passesGuard(decisions, resource, handler, held)).as(resource + " by " + handler)
					.isEqualTo(passesGate(decisions, resource, held));
			}
		});
	}

	@Test
	void nonCanonicalUriIsNeverLessRestrictedThanCanonicalUri() {
		Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
		forAll((cases) -> {
			AccessPolicy decisions = cases.policy().build();
			Set<String> held = cases.caller();
			String path = cases.path();
			String start = "r://" + cases.name() + "/";
			McpTarget handler = McpTarget.resource(start + "{id}");
			AccessDecision canonical = decisions.decide(McpTarget.resource(start + path.replace(" ", "%20")), handler,
					Callers.of(held));
			AccessDecision spelled = decisions.decide(McpTarget.resource(start + cases.spelling(path)), handler,
					Callers.of(held));
			outcomes.merge(spelled.outcome(), 1, Integer::sum);
			assertThat(STRICTER.indexOf(spelled.outcome()))
				.isGreaterThanOrEqualTo(STRICTER.indexOf(canonical.outcome()));
			if (spelled.outcome() == Outcome.MISSING_SCOPES) {
				assertThat(spelled.operationScopes()).containsAll(canonical.operationScopes());
			}
		});
		assertThat(outcomes).hasSize(STRICTER.size())
			.allSatisfy((outcome, often) -> assertThat(often).isGreaterThan(OFTEN));
	}

	@Test
	void additionalScopeNeverRevokesAccess() {
		forAll((cases) -> {
			Policy policy = cases.policy();
			Set<String> held = cases.held();
			String more = cases.scope();
			AccessPolicy decisions = policy.build();
			Set<String> union = new HashSet<>(held);
			union.add(more);
			for (Kind kind : Kind.values()) {
				assertThat(granted(decisions, kind, union)).containsAll(granted(decisions, kind, held));
			}
		});
	}

	@Test
	void scopesOfChallengeAreSufficient() {
		forAll((cases) -> {
			Policy policy = cases.policy();
			Set<String> held = cases.held();
			AccessPolicy decisions = policy.build();
			for (McpTarget target : decisions.ruleBook().offered().all()) {
				Set<String> union = new HashSet<>(held);
				union.addAll(decisions.decide(target, Callers.of(held)).operationScopes());
				if (!decisions.decide(target, Callers.of(held)).operationScopes().isEmpty()) {
					assertThat(decisions.decide(target, Callers.of(union)).denied()).as(target.toString()).isFalse();
				}
			}
		});
	}

	@Test
	void denyAppliesForAllScopesAndModes() {
		forAll((cases) -> {
			Policy policy = cases.policy();
			String name = cases.name();
			AccessPolicy.Mode mode = cases.mode();
			List<ConfiguredRule> rules = new ArrayList<>();
			rules.add(new ConfiguredRule(List.of(new TargetPattern(Kind.TOOL, name)), Access.DENY,
					ScopeRequirement.NONE, AuthenticationRequirement.NONE, "deny"));
			policy.configured()
				.stream()
				.filter((rule) -> !rule.patterns().contains(new TargetPattern(Kind.TOOL, name)))
				.forEach(rules::add);
			AccessPolicy decisions = new Policy(rules, policy.declared(), policy.conventions(), policy.undeclared(),
					policy.hierarchy(), mode)
				.build();
			McpTarget tool = McpTarget.tool(name);
			Set<String> everything = new HashSet<>(RandomPolicies.SCOPES);
			assertThat(passesGate(decisions, tool, everything)).isFalse();
			assertThat(passesGuard(decisions, tool, tool, everything)).isFalse();
			assertThat(listedTools(decisions, everything)).doesNotContain(name);
		});
	}

	@Test
	void anonymousClientsGetOnlyPublicTargets() {
		forAll((cases) -> {
			Policy policy = cases.policy();
			AccessPolicy decisions = policy.build();
			for (McpTarget target : decisions.ruleBook().offered().all()) {
				if (passesGate(decisions, target, null)) {
					assertThat(decisions.ruleBook().ruleFor(target).access()).isEqualTo(Access.PUBLIC);
				}
			}
		});
	}

	@Test
	void reportModeDeniesOnlyWhatNoScopeGrants() {
		forAll((cases) -> {
			Policy policy = cases.policy();
			Set<String> held = cases.held();
			AccessPolicy reporting = new Policy(policy.configured(), policy.declared(), policy.conventions(),
					policy.undeclared(), policy.hierarchy(), AccessPolicy.Mode.REPORT)
				.build();
			Set<String> everything = new HashSet<>(RandomPolicies.SCOPES);
			everything.addAll(RandomPolicies.NAMES);
			for (Kind kind : Kind.values()) {
				assertThat(granted(reporting, kind, held)).isEqualTo(granted(policy.build(), kind, everything));
			}
		});
	}

	/**
	 * The laws would say little if they were tried on little.
	 */
	@Test
	void randomPoliciesCoverAllFeatures() {
		Map<String, Integer> seeds = new HashMap<>();
		forAll((cases) -> features(cases).forEach((feature) -> seeds.merge(feature, 1, Integer::sum)));
		assertThat(MANY_KINDS).allSatisfy(
				(feature) -> assertThat(seeds.getOrDefault(feature, 0)).as(feature).isGreaterThanOrEqualTo(OFTEN));
	}

	/**
	 * What there is to be found in a case.
	 */
	private static Set<String> features(RandomPolicies cases) {
		Policy policy = cases.policy();
		Set<String> held = cases.caller();
		McpTarget resource = McpTarget.resource(cases.uri());
		AccessPolicy decisions = policy.build();
		AccessPolicy flat = new AccessPolicy(decisions.ruleBook(), ScopeHierarchy.FLAT, policy.mode(), false,
				AccessPolicy.Visibility.STEP_UP, Duration.ZERO);
		Set<String> features = new HashSet<>();
		features.add("mode " + cases.mode());
		for (McpTarget target : decisions.ruleBook().offered().all()) {
			AccessRule rule = decisions.ruleBook().ruleFor(target);
			features.add(rule.source() + " " + rule.access());
			if (rule.access() == Access.SCOPES) {
				features.add(rule.requirement().toString().replaceAll("\\[.*?]", "..."));
			}
			features.add(decisions.decide(target, Callers.of(held)).outcome().toString());
			if (decisions.decide(target, Callers.of(held)).denied() != flat.decide(target, Callers.of(held)).denied()) {
				features.add("the hierarchy decides");
			}
		}
		if (decisions.ruleBook().offered().handlersOf(resource).isEmpty()) {
			features.add("uri of nothing");
		}
		else {
			boolean plain = resource.name().matches("r://[a-z]+/[0-9]+");
			features.add((plain ? "plain" : "odd") + " uri of a template");
		}
		return features;
	}

	/**
	 * Try a law on many cases. A failure names the seed of its case, with which a new
	 * {@link RandomPolicies} gives the same case again.
	 */
	private static void forAll(Consumer<RandomPolicies> law) {
		for (long seed = 0; seed < SEEDS; seed++) {
			RandomPolicies cases = new RandomPolicies(seed);
			try {
				law.accept(cases);
			}
			catch (AssertionError | RuntimeException ex) {
				throw new AssertionError("With seed %d, %s: %s".formatted(seed, cases, ex.getMessage()), ex);
			}
		}
	}

	private static Set<String> granted(AccessPolicy decisions, Kind kind, Set<String> held) {
		Set<String> names = new HashSet<>();
		for (McpTarget target : decisions.ruleBook().offered().all()) {
			if (target.kind() == kind && passesGate(decisions, target, held)) {
				names.add(target.name());
			}
		}
		return names;
	}

	private static boolean passesGate(AccessPolicy decisions, McpTarget target, @Nullable Set<String> held) {
		return !decisions.decide(new McpMessage("1", "any", target), Callers.of(held)).denied();
	}

	private static boolean passesGuard(AccessPolicy decisions, McpTarget target, McpTarget handler,
			@Nullable Set<String> held) {
		try {
			new InvocationGuard(new AccessPolicies(decisions, Map.of()), new ToolConditions(), AuthorizationRules.NONE,
					(resource) -> "", UnaryOperator.identity())
				.check(TestExchanges.of((held != null) ? Callers.of(held) : null), target,
						new HandlerCall(handler, List.of(), target));
			return true;
		}
		catch (McpError ex) {
			return false;
		}
	}

	private static Set<String> listedTools(AccessPolicy decisions, Set<String> held) {
		ListToolsResult all = new ListToolsResult(RandomPolicies.NAMES.stream()
			.map((name) -> Tool.builder(name, Map.of("type", "object")).build())
			.toList(), null, null);
		return listed(decisions, "tools/list", all, held, "/tools", "name");
	}

	private static Set<String> listedTemplates(AccessPolicy decisions, Set<String> held) {
		ListResourceTemplatesResult all = new ListResourceTemplatesResult(RandomPolicies.NAMES.stream()
			.map((name) -> ResourceTemplate.builder(RandomPolicies.template(name), name).build())
			.toList(), null, null);
		return listed(decisions, "resources/templates/list", all, held, "/resourceTemplates", "uriTemplate");
	}

	private static Set<String> listed(AccessPolicy decisions, String method, Object all, Set<String> held,
			String entries, String name) {
		JsonMapper json = JsonMapper.shared();
		Object listed = new ListingFilter(new AccessPolicies(decisions, Map.of()), AuthorizationRules.NONE,
				ScopeCatalogue.EMPTY, json)
			.filter(TestExchanges.of(Callers.of(held)), new JSONRPCRequest(method, 1), JSONRPCResponse.result(1, all))
			.result();
		return json.readTree(json.writeValueAsBytes(listed))
			.at(entries)
			.valueStream()
			.map((entry) -> entry.get(name).asString())
			.collect(Collectors.toSet());
	}

	private static McpCaller caller(Set<String> held) {
		return McpCaller.builder("alice", "https://issuer.example", "https://mcp.example/mcp").scopes(held).build();
	}

}
