package io.mcpsecurity.authorization;

import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
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
			**,      ``,           true
			a*a,     a,            false
			ab*ba,   aba,          false
			a**a,    aa,           true
			*a*,     bab,          true
			*ab*b,   ab,           false
			*ab*b,   abab,         true
			*a*b*c*, xaxbxc,       true
			*a*b*c*, xaxcxb,       false
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
	void patternMatchesNamesWithAsteriskAsOnlyWildcard(String text, String name, boolean matches) {
		assertThat(new TargetPattern(Kind.TOOL, text).compile().test(McpTarget.tool(name))).isEqualTo(matches);
	}

	@Test
	void asteriskMatchesLineBreaks() {
		assertThat(new TargetPattern(Kind.TOOL, "a*b").compile().test(McpTarget.tool("a\n\r\u2028b"))).isTrue();
	}

	/**
	 * Whatever the pattern: it stands for what the regular expression would that has
	 * {@code .*} for each asterisk.
	 */
	@Test
	void patternMatchesLikeEquivalentRegularExpression() {
		Random random = new Random(7);
		int matching = 0;
		for (int i = 0; i < 20_000; i++) {
			String text = random(random, "aab*", 1 + random.nextInt(7));
			String name = random(random, "aab", random.nextInt(10));
			boolean matches = name.matches(text.replace("*", ".*"));
			matching += matches ? 1 : 0;
			assertThat(new TargetPattern(Kind.TOOL, text).compile().test(McpTarget.tool(name))).as(text + " " + name)
				.isEqualTo(matches);
		}
		assertThat(matching).isBetween(2000, 18_000);
	}

	private static String random(Random random, String alphabet, int length) {
		return random.ints(length, 0, alphabet.length())
			.mapToObj((i) -> alphabet.substring(i, i + 1))
			.collect(Collectors.joining());
	}

	/**
	 * A regular expression takes more than a minute for the first.
	 */
	@Test
	@Timeout(10)
	void longNamesAreMatchedQuickly() {
		String name = "secret".repeat(50_000);
		for (String text : List.of("*secret*secret*.txt", "*e*c*r*e*t*x", "*" + "secret*".repeat(100) + "x")) {
			assertThat(new TargetPattern(Kind.RESOURCE, text).compile().test(McpTarget.resource(name))).isFalse();
		}
	}

	@ParameterizedTest
	@CsvSource({ "docs://files/top secret*,docs://files/top%20secret.txt,true",
			"docs://files/top%20secret*,docs://files/top%20secret,true", "docs://files/a@b,docs://files/a%40b,true",
			"docs://files/a%40b,docs://files/a@b,true", "docs://files/\u00fcber,docs://files/%C3%BCber,true",
			"docs://files/%c3%bcber,docs://files/%C3%BCber,true", "docs://files/%2A,docs://files/*,true",
			"docs://files/%2A,docs://files/any,false", "docs://files/%2A*,docs://files/any,false",
			"docs://files/a?b,docs://files/a%3Fb,false", "docs://files/a%2Fb,docs://files/a/b,false",
			"docs://files/a+b,docs://files/a%20b,false", "docs://files/{id},docs://files/{id},true" })
	void resourcePatternsIgnorePercentEncoding(String text, String uri, boolean matches) {
		assertThat(new TargetPattern(Kind.RESOURCE, text).compile().test(McpTarget.resource(uri))).isEqualTo(matches);
		assertThat(new TargetPattern(Kind.TOOL, "a%20b").compile().test(McpTarget.tool("a b"))).isFalse();
	}

	@Test
	void patternMatchesOnlyItsKind() {
		for (String text : new String[] { "x", "*" }) {
			TargetPattern pattern = new TargetPattern(Kind.PROMPT, text);
			assertThat(pattern.compile().test(McpTarget.prompt("x"))).isTrue();
			assertThat(pattern.compile().test(McpTarget.tool("x"))).isFalse();
			assertThat(pattern.compile().test(McpTarget.resource("x"))).isFalse();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "\t", "a\nb", "a\u0000", "\u007f*" })
	void invalidPatternIsRefused(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> new TargetPattern(Kind.TOOL, text))
			.withMessageContaining("is not a name or pattern");
	}

}
