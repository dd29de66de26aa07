package io.mcpsecurity.authorization;

import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Which names a pattern stands for.
 */
class TargetPatternTests {

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`', textBlock = """
			purge,   purge,        true
			purge,   Purge,        false
			purge,   purge2,       false
			purge,   xpurge,       false
			p*,      purge,        true
			p*,      p,            true
			p*,      xp,           false
			*e,      purge,        true
			*e,      purged,       false
			p*e,     purge,        true
			p*e,     pe,           true
			p*e,     p/x/e,        true
			*,       anything,     true
			**,      anything,     true
			a.c,     abc,          false
			a.*,     abc,          false
			a+*,     aab,          false
			(a*,     (ab,          true
			[a-z]*,  b,            false
			a\\Q*,   a\\Qb,        true
			a\\E*,   a\\Eb,        true
			r://{id}, r://1,       false
			r://{id}, r://{id},    true
			""")
	void onlyTheAsteriskMeansMoreThanItself(String text, String name, boolean matches) {
		assertThat(new TargetPattern(Kind.TOOL, text).compile().test(McpTarget.tool(name))).isEqualTo(matches);
	}

	@Test
	void anAsteriskStandsForLineBreaksToo() {
		assertThat(new TargetPattern(Kind.TOOL, "a*b").compile().test(McpTarget.tool("a\n\r\u2028b"))).isTrue();
	}

	@Test
	void aPatternIsForOneKindOnly() {
		for (String text : new String[] { "x", "*" }) {
			TargetPattern pattern = new TargetPattern(Kind.PROMPT, text);
			assertThat(pattern.compile().test(McpTarget.prompt("x"))).isTrue();
			assertThat(pattern.compile().test(McpTarget.tool("x"))).isFalse();
			assertThat(pattern.compile().test(McpTarget.resource("x"))).isFalse();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "\t", "a\nb", "a\u0000", "\u007f*" })
	void whatIsNoNameIsRefused(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> new TargetPattern(Kind.TOOL, text))
			.withMessageContaining("is not a name or pattern");
	}

}
