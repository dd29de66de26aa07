package io.mcpsecurity.authorization;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.message.McpRevision;
import io.mcpsecurity.message.McpTarget;
import org.junit.jupiter.api.Test;

import static io.mcpsecurity.test.Callers.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * The one decision, with the MCP SDK's own matching of URI templates.
 */
class AccessPolicyTests {

	private static final McpTarget PURGE = McpTarget.tool("purge");

	@Test
	void callerWithRequiredScopesIsGranted() {
		AccessRule rule = rule(PURGE, "a", "b");
		assertThat(policy(rule).decide(PURGE, with("a", "b", "c")))
			.isEqualTo(new AccessDecision(Outcome.GRANTED, List.of("a", "b"), List.of(), rule));
	}

	@Test
	void callerWithoutRequiredScopesIsDeniedWithMissingScopes() {
		AccessRule rule = rule(PURGE, "a", "b", "c");
		AccessDecision decision = policy(rule).decide(PURGE, with("b"));
		assertThat(decision)
			.isEqualTo(new AccessDecision(Outcome.MISSING_SCOPES, List.of("a", "b", "c"), List.of("a", "c"), rule));
		assertThat(decision.denied()).isTrue();
	}

	@Test
	void challengeContainsMissingScopesAndGrantedScopesThatClientWouldLose() {
		AccessPolicy policy = policy(rule(PURGE, "a", "b", "c"), rule(McpTarget.tool("browse"), "d"));
		List.of(PURGE, McpTarget.tool("browse"))
			.forEach((tool) -> policy.ruleBook().offered().add(tool, OfferedTargets.Hints.DEFAULT));
		Set<String> granted = Set.of("b", "d", "openid");
		AccessDecision denial = policy.decide(PURGE, with(granted));
		assertThat(policy.challenged(denial, granted, McpRevision.keepsScopes("2025-11-25"))).containsExactly("a", "c",
				"b", "d");
		assertThat(policy.challenged(denial, granted, McpRevision.keepsScopes(null))).containsExactly("a", "c", "b",
				"d");
		assertThat(policy.challenged(denial, granted, McpRevision.keepsScopes("2026-07-28"))).containsExactly("a", "c",
				"b");
	}

	@Test
	void challengeContainsGrantedWildcardsThatClientWouldLose() {
		AccessPolicy policy = policy(new WildcardScopes(UnaryOperator.identity(), Set.of()),
				rule(PURGE, "records:purge"), rule(McpTarget.tool("browse"), "archive:browse"));
		List.of(PURGE, McpTarget.tool("browse"))
			.forEach((tool) -> policy.ruleBook().offered().add(tool, OfferedTargets.Hints.DEFAULT));
		Set<String> granted = Set.of("archive:*", "mail:*");
		AccessDecision denial = policy.decide(PURGE, with(granted));
		assertThat(policy.challenged(denial, granted, false)).containsExactly("records:purge", "archive:*");
	}

	@Test
	void tokenWithoutScopesIsDeniedForEveryTargetWithRule() {
		AccessPolicy policy = policy(rule(PURGE, "a"), rule(McpTarget.prompt("p"), "a"),
				rule(McpTarget.resource("r://{id}"), "a"),
				new AccessRule(McpTarget.tool("choice"), new ScopeRequirement(List.of(), List.of("x", "y")), "test"));
		for (McpTarget target : List.of(PURGE, McpTarget.prompt("p"), McpTarget.resource("r://1"),
				McpTarget.tool("choice"))) {
			assertThat(policy.decide(target, with()).denied()).as(target.toString()).isTrue();
		}
	}

	@Test
	void unknownTargetHasOutcomeNotAScopeMatter() {
		AccessPolicy policy = policy(rule(PURGE, "a"), rule(McpTarget.resource("r://{id}"), "a"));
		for (McpTarget target : List.of(McpTarget.tool("purge2"), McpTarget.tool("Purge"), McpTarget.tool(" purge"),
				McpTarget.tool(""), McpTarget.prompt("purge"), McpTarget.resource("purge"), McpTarget.resource("s://1"),
				McpTarget.tool("r://1"))) {
			AccessDecision decision = policy.decide(target, with());
			assertThat(decision).as(target.toString())
				.isEqualTo(new AccessDecision(Outcome.NO_RULE, List.of(), List.of(), null));
			assertThat(decision.denied()).isFalse();
		}
	}

	@Test
	void whenNoRulesThenOutcomeIsNotAScopeMatter() {
		AccessPolicy policy = policy();
		assertThat(policy.decide(PURGE, with()).outcome()).isEqualTo(Outcome.NO_RULE);
		assertThat(policy.ruleBook().scopes()).isEmpty();
	}

	@Test
	void ruleWithoutScopesGrants() {
		AccessRule rule = new AccessRule(PURGE, ScopeRequirement.NONE, "test");
		assertThat(policy(rule).decide(PURGE, with()).outcome()).isEqualTo(Outcome.GRANTED);
	}

	@Test
	void ruleOfTemplateAppliesToMatchingUris() {
		AccessRule rule = rule(McpTarget.resource("records://{id}/details"), "a");
		AccessPolicy policy = policy(rule);
		assertThat(policy.decide(McpTarget.resource("records://5/details"), with()).rule()).isEqualTo(rule);
		assertThat(policy.decide(McpTarget.resource("records://5/details"), with("a")).outcome())
			.isEqualTo(Outcome.GRANTED);
		assertThat(policy.decide(McpTarget.resource("records://5"), with()).outcome()).isEqualTo(Outcome.NO_RULE);
	}

	@Test
	void ruleOfTemplateAppliesToTemplateItself() {
		AccessPolicy policy = policy(rule(McpTarget.resource("records://{id}"), "a"));
		assertThat(policy.decide(McpTarget.resource("records://{id}"), with()).denied()).isTrue();
	}

	@Test
	void whenUriMatchesSeveralTemplatesThenAllRulesApply() {
		AccessRule first = rule(McpTarget.resource("records://{id}"), "a");
		AccessRule second = rule(McpTarget.resource("{scheme}://5"), "b");
		McpTarget uri = McpTarget.resource("records://5");
		for (AccessPolicy policy : List.of(policy(first, second), policy(second, first))) {
			assertThat(policy.decide(uri, with("a")).missing()).containsExactly("b");
			assertThat(policy.decide(uri, with("b")).missing()).containsExactly("a");
			assertThat(policy.decide(uri, with()).denied()).isTrue();
			assertThat(policy.decide(uri, with("a", "b")).outcome()).isEqualTo(Outcome.GRANTED);
		}
	}

	@Test
	void ruleOfResourceTakesPrecedenceOverRuleOfTemplate() {
		AccessPolicy policy = policy(rule(McpTarget.resource("records://{id}"), "template"),
				rule(McpTarget.resource("records://all"), "own"));
		assertThat(policy.decide(McpTarget.resource("records://all"), with("own")).outcome())
			.isEqualTo(Outcome.GRANTED);
		assertThat(policy.decide(McpTarget.resource("records://all"), with("template")).missing())
			.containsExactly("own");
	}

	@Test
	void templatesAreMatchedOnlyForResources() {
		AccessPolicy policy = policy(rule(McpTarget.tool("{any}"), "a"), rule(McpTarget.prompt("{any}"), "a"));
		assertThat(policy.decide(PURGE, with()).outcome()).isEqualTo(Outcome.NO_RULE);
		assertThat(policy.decide(McpTarget.prompt("p"), with()).outcome()).isEqualTo(Outcome.NO_RULE);
	}

	@Test
	void contradictingRulesForSameTargetAreRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> policy(new AccessRule(PURGE, requirement("a"), "one place"),
					new AccessRule(PURGE, requirement("b"), "another place")))
			.withMessage("tool 'purge' has two rules that contradict each other: "
					+ "one place says all of [a], another place says all of [b]");
	}

	@Test
	void equalRulesForSameTargetAreMerged() {
		AccessPolicy policy = policy(rule(PURGE, "a"), rule(PURGE, "a"));
		assertThat(policy.decide(PURGE, with()).operationScopes()).containsExactly("a");
		policy.ruleBook().offered().add(PURGE, OfferedTargets.Hints.DEFAULT);
		assertThat(policy.ruleBook().scopes()).containsExactly("a");
	}

	@Test
	void toolAndPromptWithSameNameMayHaveDifferentRules() {
		AccessPolicy policy = policy(rule(PURGE, "a"), rule(McpTarget.prompt("purge"), "b"));
		assertThat(policy.decide(PURGE, with()).missing()).containsExactly("a");
		assertThat(policy.decide(McpTarget.prompt("purge"), with()).missing()).containsExactly("b");
	}

	@Test
	void scopesOfOfferedTargetsAreDistinctAndInRuleOrder() {
		AccessPolicy policy = policy(rule(PURGE, "c", "a"), new AccessRule(McpTarget.tool("choice"),
				new ScopeRequirement(List.of("b"), List.of("a", "d")), "test"));
		assertThat(policy.ruleBook().scopes()).as("scopes of rules for targets that are not offered").isEmpty();
		List.of(PURGE, McpTarget.tool("choice"))
			.forEach((tool) -> policy.ruleBook().offered().add(tool, OfferedTargets.Hints.DEFAULT));
		assertThat(policy.ruleBook().scopes()).containsExactly("c", "a", "b", "d");
	}

	@Test
	void scopesAndRulesAreUnmodifiable() {
		AccessPolicy policy = policy(rule(PURGE, "a"));
		assertThatExceptionOfType(UnsupportedOperationException.class)
			.isThrownBy(() -> policy.ruleBook().scopes().clear());
		assertThatExceptionOfType(UnsupportedOperationException.class)
			.isThrownBy(() -> policy.ruleBook().rulesFor(PURGE, null).clear());
	}

	private static AccessPolicy policy(AccessRule... rules) {
		return policy(ScopeHierarchy.FLAT, rules);
	}

	private static AccessPolicy policy(ScopeHierarchy hierarchy, AccessRule... rules) {
		OfferedTargets offered = new OfferedTargets();
		return new AccessPolicy(
				new RuleBook(List.of(), List.of(rules), Conventions.NONE, Access.AUTHENTICATED, offered), hierarchy,
				AccessPolicy.Mode.ENFORCE, false, AccessPolicy.Visibility.STEP_UP, Duration.ZERO);
	}

	private static AccessRule rule(McpTarget target, String... scopes) {
		return new AccessRule(target, requirement(scopes), "test");
	}

	private static ScopeRequirement requirement(String... scopes) {
		return new ScopeRequirement(List.of(scopes), List.of());
	}

}
