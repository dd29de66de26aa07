package io.mcpsecurity.authorization;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import io.mcpsecurity.message.McpTarget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static io.mcpsecurity.test.Callers.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Which scopes are missing, and which a challenge names.
 */
class ScopeRequirementTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', nullValues = "-", textBlock = """
			# all of | any of  | granted  | missing | operation
			-        | -       | -        | -       | -
			-        | -       | a        | -       | -
			a        | -       | -        | a       | a
			a        | -       | a        | -       | a
			a        | -       | b        | a       | a
			a b      | -       | -        | a b     | a b
			a b      | -       | b        | a       | a b
			a b      | -       | b a c    | -       | a b
			b a      | -       | c        | b a     | b a
			-        | x y     | -        | x       | x
			-        | x y     | y        | -       | y
			-        | x y     | x y      | -       | x
			-        | x y     | z        | x       | x
			a        | x y     | -        | a x     | a x
			a        | x y     | a        | x       | a x
			a        | x y     | y        | a       | a y
			a        | x y     | a y      | -       | a y
			a        | x y     | x        | a       | a x
			a b      | x y     | b y      | a       | a b y
			a        | a b     | a        | -       | a
			a        | a b     | b        | a       | a b
			a        | b a     | b        | a       | a b
			""")
	void allOfAndOneOfAnyOfAreRequired(String allOf, String anyOf, String granted, String missing, String operation) {
		ScopeRequirement requirement = new ScopeRequirement(scopes(allOf), scopes(anyOf));
		Set<String> held = Set.copyOf(scopes(granted));
		assertThat(missing(requirement, held)).containsExactlyElementsOf(scopes(missing));
		assertThat(requirement.operationScopes(held::contains, ScopeHierarchy.FLAT))
			.containsExactlyElementsOf(scopes(operation));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', nullValues = "-", textBlock = """
			a b | -   | -
			a   | x y | -
			-   | x y | -
			a b | x y | b
			a b | x y | y
			a   | a b | -
			a   | a b | b
			a   | b a | -
			""")
	void grantedAndOperationScopesTogetherSatisfyRequirement(String allOf, String anyOf, String granted) {
		ScopeRequirement requirement = new ScopeRequirement(scopes(allOf), scopes(anyOf));
		Set<String> held = Set.copyOf(scopes(granted));
		List<String> union = new ArrayList<>(held);
		union.addAll(requirement.operationScopes(held::contains, ScopeHierarchy.FLAT));
		assertThat(missing(requirement, Set.copyOf(union))).isEmpty();
	}

	@Test
	void missingScopesAreDistinct() {
		assertThat(missing(new ScopeRequirement(List.of("a"), List.of("a", "b")), Set.of())).containsExactly("a");
	}

	@Test
	void scopesAreComparedExactly() {
		ScopeRequirement requirement = new ScopeRequirement(List.of("records:browse"), List.of());
		for (String near : List.of("Records:browse", "records", "records:", "records:*", "*", "records:browse2",
				"records:browse records:browse")) {
			assertThat(missing(requirement, Set.of(near))).as(near).containsExactly("records:browse");
		}
	}

	@Test
	void allScopesAreDistinctAndInDeclarationOrder() {
		assertThat(new ScopeRequirement(List.of("b", "a", "b"), List.of("c", "a")).all()).containsExactly("b", "a",
				"c");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "a b", "a\tb", "a\n", "\r\na", "\"", "a\"b", "a\\b", "\u0000", "\u007f", "\u00e4",
			"\u2028", "a\u200b" })
	void invalidScopeTokenIsRefused(String scope) {
		assertThatIllegalArgumentException().isThrownBy(() -> new ScopeRequirement(List.of(scope), List.of()))
			.withMessageContaining("'" + scope + "' is not a scope")
			.withMessageContaining("RFC 6749 section 3.3");
		assertThatIllegalArgumentException().isThrownBy(() -> new ScopeRequirement(List.of("a"), List.of("b", scope)));
	}

	@Test
	void everyCharacterOfScopeTokenIsAccepted() {
		StringBuilder all = new StringBuilder();
		for (char c = 0x21; c <= 0x7E; c++) {
			all.append((c != '"' && c != '\\') ? c : '_');
		}
		assertThat(new ScopeRequirement(List.of(all.toString()), List.of()).allOf()).containsExactly(all.toString());
	}

	@Test
	void requirementIsImmutable() {
		List<String> scopes = new ArrayList<>(List.of("a"));
		ScopeRequirement requirement = new ScopeRequirement(scopes, scopes);
		scopes.clear();
		assertThat(requirement).isEqualTo(new ScopeRequirement(List.of("a"), List.of("a")));
		assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> requirement.allOf().clear());
		assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> requirement.anyOf().clear());
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', nullValues = "-", textBlock = """
			-   | -   | no scope
			a b | -   | all of [a, b]
			-   | x y | one of [x, y]
			a   | x y | all of [a] and one of [x, y]
			""")
	void toStringDescribesRequirement(String allOf, String anyOf, String sentence) {
		assertThat(new ScopeRequirement(scopes(allOf), scopes(anyOf))).hasToString(sentence);
	}

	private static List<String> missing(ScopeRequirement requirement, Set<String> granted) {
		McpTarget target = McpTarget.tool("tool");
		OfferedTargets offered = new OfferedTargets();
		return new AccessPolicy(
				new RuleBook(List.of(), List.of(new AccessRule(target, requirement, "test")), Conventions.NONE,
						Access.AUTHENTICATED, offered),
				ScopeHierarchy.FLAT, AccessPolicy.Mode.ENFORCE, false, AccessPolicy.Visibility.STEP_UP, Duration.ZERO)
			.decide(target, with(granted))
			.missing();
	}

	private static List<String> scopes(String text) {
		return (text != null) ? List.of(text.split(" ")) : List.of();
	}

}
