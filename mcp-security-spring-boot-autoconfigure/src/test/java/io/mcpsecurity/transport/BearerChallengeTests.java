package io.mcpsecurity.transport;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.entry;

/**
 * The grammar of the challenges, by reading them back with a parser of RFC 9110.
 */
class BearerChallengeTests {

	private static final String METADATA = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";

	private final BearerChallenge challenge = challenge(METADATA, "a", "b");

	@Test
	void challengeWithoutCredentialsHasNoError() {
		assertThat(parse(this.challenge.noCredentials())).containsExactly(entry("resource_metadata", METADATA),
				entry("scope", "a b"));
	}

	@Test
	void challengeWithoutInitialScopesHasNoScope() {
		assertThat(parse(challenge(METADATA).noCredentials())).containsExactly(entry("resource_metadata", METADATA));
	}

	@Test
	void errorChallengeContainsCodeAndDescription() {
		assertThat(parse(this.challenge.error("Bearer", "invalid_token", "The token has expired"))).containsExactly(
				entry("error", "invalid_token"), entry("error_description", "The token has expired"),
				entry("resource_metadata", METADATA), entry("scope", "a b"));
		assertThat(parse(this.challenge.error("Bearer", "invalid_token", null))).containsExactly(
				entry("error", "invalid_token"), entry("resource_metadata", METADATA), entry("scope", "a b"));
	}

	@Test
	void insufficientScopeChallengeContainsRequiredScopes() {
		assertThat(parse(this.challenge.insufficientScope("Bearer", List.of("x", "y"), "Needs y"))).containsExactly(
				entry("error", "insufficient_scope"), entry("scope", "x y"), entry("resource_metadata", METADATA),
				entry("error_description", "Needs y"));
	}

	@Test
	void thereIsOneChallengeForEachScheme() {
		BearerChallenge both = of("Bearer", "DPoP");
		assertThat(both.noCredentials()).satisfiesExactly(
				(bearer) -> assertThat(bearer).startsWith("Bearer resource_metadata=").doesNotContain("algs"),
				(dpop) -> assertThat(dpop).startsWith("DPoP resource_metadata=").contains(", algs=\"ES256 "));
		for (String scheme : List.of("Bearer", "DPoP")) {
			assertThat(both.error(scheme, "invalid_token", null)).hasSize(2)
				.first()
				.asString()
				.startsWith(scheme + " error=\"invalid_token\"");
			assertThat(both.error(scheme, "invalid_token", null).get(1)).doesNotContain("error");
			assertThat(both.insufficientScope(scheme, List.of("x"), "Needs x")).startsWith(scheme + " error=");
			assertThat(of("DPoP").error(scheme, "invalid_token", null)).singleElement()
				.asString()
				.startsWith("DPoP error=")
				.contains("algs=");
		}
	}

	private static BearerChallenge of(String... schemes) {
		return new BearerChallenge(METADATA, () -> List.of("a"), UnaryOperator.identity(), List.of(schemes));
	}

	@Test
	void quotesAndBackslashesAreEscaped() {
		assertThat(BearerChallenge.parameter("p", "say \"hi\\there\"")).isEqualTo("p=\"say \\\"hi\\\\there\\\"\"");
		assertThat(BearerChallenge.parameter("p", "\\")).isEqualTo("p=\"\\\\\"");
		assertThat(BearerChallenge.parameter("p", "\"")).isEqualTo("p=\"\\\"\"");
		assertThat(BearerChallenge.parameter("p", "")).isEqualTo("p=\"\"");
	}

	@ParameterizedTest
	@ValueSource(strings = { "\r", "\n", "\u0000", "\t", "\u001b", "\u007f", "\u0080", "\u0085", "\u00a0", "\u00e4",
			"\u010a", "\u010d", "\u0122", "\u015c", "\u2028", "\uff02", "\ufeff" })
	void controlAndNonAsciiCharactersAreReplaced(String character) {
		assertThat(BearerChallenge.parameter("p", "a" + character + "b")).isEqualTo("p=\"a?b\"");
	}

	@Test
	void printableCharactersAreKept() {
		StringBuilder all = new StringBuilder();
		for (char c = 0x20; c < 0x7F; c++) {
			all.append(c);
		}
		assertThat(parse("Bearer " + BearerChallenge.parameter("p", all.toString())))
			.containsExactly(entry("p", all.toString()));
	}

	@ParameterizedTest
	@ValueSource(strings = { "\", error=\"none", "\\\", error=\"none", "\\\\\", error=\"none", "\"", "\\", "\\\\\"",
			"x\r\nSet-Cookie: a=b", "x\nX-Injected: 1", "x\r\n\r\n<script>", "\", Basic realm=\"x",
			"\u010d\u010aSet-Cookie: a=b", "\ud83d\ude00\", scope=\"all", ", scope=\"all\"", "\u0000\", x=\"" })
	void headerValuesAreEscaped(String text) {
		StringBuilder masked = new StringBuilder();
		text.chars().forEach((c) -> masked.append((c >= 0x20 && c < 0x7F) ? (char) c : '?'));
		String shown = masked.toString();
		assertThat(parse(this.challenge.error("Bearer", "invalid_token", text))).containsExactly(
				entry("error", "invalid_token"), entry("error_description", shown),
				entry("resource_metadata", METADATA), entry("scope", "a b"));
		assertThat(parse(this.challenge.error("Bearer", text, null))).containsExactly(entry("error", shown),
				entry("resource_metadata", METADATA), entry("scope", "a b"));
		assertThat(parse(this.challenge.insufficientScope("Bearer", List.of(text, "y"), text))).containsExactly(
				entry("error", "insufficient_scope"), entry("scope", shown + " y"),
				entry("resource_metadata", METADATA), entry("error_description", shown));
		assertThat(parse(challenge(text, text).noCredentials())).containsExactly(entry("resource_metadata", shown),
				entry("scope", shown));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
			Bearer a=b
			Bearer a="b
			Bearer a="b",
			Bearer a="b" c="d"
			Bearer a="b", a="c"
			Bearer a="b"c"
			Basic a="b"
			Bearer
			""")
	void parserOfTestRefusesInvalidChallenges(String header) {
		assertThatIllegalArgumentException().isThrownBy(() -> parse(header));
	}

	/**
	 * Read a header that must be one challenge: {@code Bearer}, and parameters whose
	 * values are quoted-strings of RFC 9110 section 5.6.4, separated by a comma and a
	 * space, none twice.
	 */
	private static Map<String, String> parse(String header) {
		assertThat(header).as("US-ASCII without control characters").matches("[\\x20-\\x7E]*");
		check(header.startsWith("Bearer "), header);
		Map<String, String> parameters = new LinkedHashMap<>();
		int at = "Bearer ".length();
		while (true) {
			int equals = header.indexOf("=\"", at);
			check(equals > at && header.substring(at, equals).matches("[a-z_]+"), header);
			StringBuilder value = new StringBuilder();
			int i = equals + 2;
			while (i < header.length() && header.charAt(i) != '"') {
				i += (header.charAt(i) == '\\') ? 1 : 0;
				check(i < header.length(), header);
				value.append(header.charAt(i++));
			}
			check(i < header.length(), header);
			check(parameters.put(header.substring(at, equals), value.toString()) == null, header);
			if (i + 1 == header.length()) {
				return parameters;
			}
			check(header.startsWith(", ", i + 1), header);
			at = i + 3;
		}
	}

	private static Map<String, String> parse(List<String> headers) {
		assertThat(headers).hasSize(1);
		return parse(headers.get(0));
	}

	private static void check(boolean expected, String header) {
		if (!expected) {
			throw new IllegalArgumentException(header);
		}
	}

	private static BearerChallenge challenge(String metadata, String... initialScopes) {
		return new BearerChallenge(metadata, () -> List.of(initialScopes), UnaryOperator.identity(), List.of("Bearer"));
	}

}
