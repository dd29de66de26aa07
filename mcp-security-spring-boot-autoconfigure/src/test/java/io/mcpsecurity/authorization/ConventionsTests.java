package io.mcpsecurity.authorization;

import io.mcpsecurity.authorization.OfferedTargets.Hints;
import io.mcpsecurity.message.McpTarget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The scope of a tool that no rule names.
 */
class ConventionsTests {

	private static final McpTarget TOOL = McpTarget.tool("browse");

	@ParameterizedTest
	@CsvSource(nullValues = "-", textBlock = """
			# read-only hint, destructive hint, scopes for: read-only, destructive, any; expected
			true,  false, r, d, t:{name}, r
			true,  true,  r, d, t:{name}, r
			true,  true,  -, d, t:{name}, t:browse
			false, true,  r, d, t:{name}, d
			false, true,  r, -, t:{name}, t:browse
			false, false, r, d, t:{name}, t:browse
			false, false, r, d, -,        -
			true,  false, -, d, -,        -
			false, true,  -, -, {name}.{name}, browse.browse
			false, false, -, -, fixed,    fixed
			""")
	void scopesForHintsTakePrecedenceOverTemplate(boolean readOnly, boolean destructive, String readOnlyScope,
			String destructiveScope, String template, String expected) {
		AccessRule rule = new Conventions(readOnlyScope, destructiveScope, template).of(TOOL,
				new Hints(readOnly, destructive));
		if (expected == null) {
			assertThat(rule).isNull();
		}
		else {
			assertThat(rule.requirement()).isEqualTo(ScopeRequirement.of(expected));
		}
	}

	@Test
	void toolWithoutHintsIsTreatedAsDestructive() {
		assertThat(new Conventions("r", "d", null).of(TOOL, Hints.DEFAULT).requirement())
			.isEqualTo(ScopeRequirement.of("d"));
	}

	@Test
	void conventionsApplyOnlyToTools() {
		Conventions conventions = new Conventions("r", "d", "{name}");
		assertThat(conventions.of(McpTarget.prompt("p"), Hints.DEFAULT)).isNull();
		assertThat(conventions.of(McpTarget.resource("r://1"), Hints.DEFAULT)).isNull();
	}

	@Test
	void toolWhoseNameResultsInInvalidScopeIsDenied() {
		AccessRule rule = new Conventions(null, null, "use:{name}").of(McpTarget.tool("an odd name"), Hints.DEFAULT);
		assertThat(rule.access()).isEqualTo(Access.DENY);
		assertThat(rule.source()).startsWith("mcp-security.policy.scope-template: 'use:an odd name' is not a scope");
	}

	@Test
	void sourceOfRuleIsPropertyName() {
		Conventions conventions = new Conventions("r", "d", "t");
		assertThat(conventions.of(TOOL, new Hints(true, false)).source())
			.contains("mcp-security.policy.read-only-scope");
		assertThat(conventions.of(TOOL, new Hints(false, true)).source())
			.contains("mcp-security.policy.destructive-scope");
		assertThat(conventions.of(TOOL, new Hints(false, false)).source())
			.isEqualTo("mcp-security.policy.scope-template");
	}

}
