package io.mcpsecurity.authorization;

import java.time.Duration;
import java.util.List;

import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.AccessPolicy.Mode;
import io.mcpsecurity.message.McpTarget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static io.mcpsecurity.test.Callers.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * The decision over a rule that is only for some calls.
 */
class ConditionalRuleTests {

	private static final McpTarget PURGE = McpTarget.tool("purge");

	private static final AccessRule RULE = rule("#all");

	@Test
	void whenConditionHoldsThenScopesAreRequired() {
		AccessDecision decision = policy(Mode.ENFORCE, RULE).decide(PURGE, PURGE, with(), (rule) -> true);
		assertThat(decision.outcome()).isEqualTo(Outcome.MISSING_SCOPES);
		assertThat(decision.operationScopes()).containsExactly("purge:all");
		assertThat(policy(Mode.ENFORCE, RULE).decide(PURGE, PURGE, with("purge:all"), (rule) -> true).outcome())
			.isEqualTo(Outcome.GRANTED);
	}

	@Test
	void conditionalRuleAlwaysRequiresAuthentication() {
		AccessPolicy policy = policy(Mode.ENFORCE, RULE);
		assertThat(policy.decide(PURGE, PURGE, with(), (rule) -> false).outcome()).isEqualTo(Outcome.GRANTED);
		assertThat(policy.decide(PURGE, PURGE, null, (rule) -> false).outcome()).isEqualTo(Outcome.UNAUTHENTICATED);
		assertThat(policy.decide(PURGE, null).outcome()).isEqualTo(Outcome.UNAUTHENTICATED);
	}

	@Test
	void whenArgumentsAreUnknownThenConditionIsNotEvaluated() {
		assertThat(policy(Mode.ENFORCE, RULE).decide(PURGE, with()).denied()).isFalse();
		assertThat(policy(Mode.ENFORCE, RULE).decide(PURGE, PURGE, with()).denied()).isFalse();
	}

	@ParameterizedTest
	@EnumSource
	void whenConditionThrowsThenCallIsDeniedInEveryMode(Mode mode) {
		AccessDecision decision = policy(mode, RULE).decide(PURGE, PURGE, with("purge:all"), (rule) -> {
			throw new IllegalStateException();
		});
		assertThat(decision.outcome()).isEqualTo(Outcome.FORBIDDEN);
		assertThat(decision.denied()).isTrue();
	}

	@ParameterizedTest
	@EnumSource
	void denialByHandlerContainsScopesOfCallInEveryMode(Mode mode) {
		AccessPolicy policy = policy(mode, RULE);
		AccessDecision decision = policy.refuse(PURGE, PURGE, with("purge:all"), (rule) -> true, List.of("deep"),
				AuthenticationRequirement.NONE);
		assertThat(decision.outcome()).isEqualTo(Outcome.MISSING_SCOPES);
		assertThat(decision.operationScopes()).containsExactly("purge:all", "deep");
		assertThat(decision.missing()).containsExactly("deep");
		assertThat(policy
			.refuse(PURGE, PURGE, with("deep"), (rule) -> false, List.of("deep"), AuthenticationRequirement.NONE)
			.missing()).containsExactly("deep");
		assertThat(policy.refuse(PURGE, PURGE, null, (rule) -> false, List.of("deep"), AuthenticationRequirement.NONE)
			.outcome()).isEqualTo(Outcome.UNAUTHENTICATED);
	}

	@Test
	void rulesWithDifferentConditionsAreRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> policy(Mode.ENFORCE, RULE, rule("#none")))
			.withMessageContaining("when #all")
			.withMessageContaining("when #none");
	}

	private static AccessRule rule(String when) {
		return new AccessRule(PURGE, Access.SCOPES, ScopeRequirement.of("purge:all"), "test", when);
	}

	private static AccessPolicy policy(Mode mode, AccessRule... rules) {
		return new AccessPolicy(
				new RuleBook(List.of(), List.of(rules), Conventions.NONE, Access.AUTHENTICATED, new OfferedTargets()),
				ScopeHierarchy.FLAT, mode, false, AccessPolicy.Visibility.STEP_UP, Duration.ZERO);
	}

}
