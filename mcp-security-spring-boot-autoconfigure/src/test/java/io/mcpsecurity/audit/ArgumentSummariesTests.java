package io.mcpsecurity.audit;

import java.util.AbstractList;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.mcpsecurity.audit.ArgumentSummaries.Mode;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.LookAlikes;
import io.mcpsecurity.test.ParsedJson;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The form of what an event says about arguments, and its bounds.
 */
class ArgumentSummariesTests {

	private static final McpTarget TARGET = McpTarget.tool("a");

	@ParameterizedTest
	@EnumSource
	void callWithoutArgumentsHasNoSummary(Mode mode) {
		assertThat(summary(mode, null)).isNull();
	}

	@Test
	void whenModeNoneThenNoSummary() {
		assertThat(summary(Mode.NONE, "{\"a\":1}")).isNull();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
			{}                                              | {}
			{"query":"twelve chars","limit":5}              | {"query":"string(12)","limit":"number"}
			{"a":true,"b":false,"c":null,"d":-1.5e3}        | {"a":"boolean","b":"boolean","c":"null","d":"number"}
			{"a":"","b":"\\ud83d\\ude00"}                   | {"a":"string(0)","b":"string(2)"}
			{"a":{"b":{"c":1}}}                             | {"a":{"b":{"c":"number"}}}
			{"a":[]}                                        | {"a":"array(0)"}
			{"a":[1,"x",null]}                              | {"a":"array(3)"}
			{"a":[{"b":1},{}]}                              | {"a":[{"b":"number"},{}]}
			{"a":[1,{"b":1}]}                               | {"a":["number",{"b":"number"}]}
			{"a":[[1,2],[3]]}                               | {"a":["array(2)","array(1)"]}
			{"a":"<jwt>"}                                   | {"a":"string(24)"}
			[1,2]                                           | "array(2)"
			"text"                                          | "string(4)"
			5                                               | "number"
			""")
	void argumentsAreMaskedToTypesAndLengths(String arguments, String expected) {
		assertThat(written(summary(Mode.MASKED, arguments.replace("<jwt>", LookAlikes.unsignedJwt()))))
			.isEqualTo(expected);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
			{}                                              | {}
			{"query":"cats","limit":5}                      | {"query":"cats","limit":5}
			{"a":true,"b":false,"c":null}                   | {"a":true,"b":false,"c":"null"}
			{"a":{"b":[{"c":1},[2,"x"]]}}                   | {"a":{"b":[{"c":1},[2,"x"]]}}
			{"a":[]}                                        | {"a":[]}
			{"a":"\\"\\\\/\\u0041"}                         | {"a":"\\"\\\\/A"}
			{"a":0,"b":-0,"c":9223372036854775807}          | {"a":0,"b":0,"c":9223372036854775807}
			{"a":9223372036854775808}                       | {"a":"9223372036854775808"}
			"text"                                          | "text"
			"{\\"a\\":1}"                                   | "{\\"a\\":1}"
			""")
	void argumentsAreWrittenInFull(String arguments, String expected) {
		assertThat(written(summary(Mode.FULL, arguments))).isEqualTo(expected);
	}

	@Test
	void doublesAreWrittenAsNumbersUnlessInfinite() {
		List<Double> numbers = List.of(1.5, 1e3, 0.1, -0.0, 1e300, Double.POSITIVE_INFINITY);
		assertThat(written(summaryOf(Mode.FULL, numbers))).isEqualTo("[1.5,1000.0,0.1,-0.0,1.0E300,\"Infinity\"]");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~',
			textBlock = """
					{"password":"sesame","pin":null}                         | {"password":"***","pin":"***"}
					{"api-key":5,"SECRET":true}                              | {"api-key":"***","SECRET":"***"}
					{"credentials":{"user":"sesame"},"Cookie":["sesame"]}    | {"credentials":"***","Cookie":"***"}
					{"a":{"b":[{"accessToken":"sesame"},[{"token":[1]}]]}}   | {"a":{"b":[{"accessToken":"***"},[{"token":"***"}]]}}
					{"a":{"declared":"sesame","b":[{"DECLARED":{"c":1}}]}}   | {"a":{"declared":"***","b":[{"DECLARED":"***"}]}}
					{"headers":[{"name":"X-Api-Key","value":"sesame"}]}      | {"headers":[{"name":<9>,"value":"***"}]}
					{"values":[{"a":1}],"key":"api_key"}                     | {"values":"***","key":<7>}
					{"<jwt>":null,"<jwt>1":null}                             | {"***":"null","***#2":"null"}
					""")
	void sensitiveValuesAreMaskedInEveryMode(String arguments, String expected) {
		for (Mode mode : List.of(Mode.MASKED, Mode.FULL)) {
			Object summary = summary(mode, arguments.replace("<jwt>", LookAlikes.unsignedJwt()), "declared");
			assertThat(written(summary))
				.isEqualTo((mode == Mode.MASKED) ? expected.replaceAll("<(\\d)>", "\"string($1)\"")
						: expected.replace("<9>", "\"X-Api-Key\"").replace("<7>", "\"api_key\""));
		}
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void whenAllNamesAreDeclaredSensitiveThenEveryValueIsMasked(Mode mode) {
		assertThat(summary(mode, "{\"a\":\"sesame\",\"b\":{\"c\":1}}", SensitiveNames.ALL))
			.isEqualTo(Map.of("a", "***", "b", "***"));
	}

	@Test
	void stringContainingJsonWithDeclaredNamesIsMasked() {
		for (String text : List.of("{\\\"n\\\\u0075mber\\\":\\\"4111\\\"}", " \\n[{}]")) {
			assertThat(summary(Mode.FULL, "{\"card\":\"" + text + "\"}", "number")).isEqualTo(Map.of("card", "***"));
		}
		assertThat(summary(Mode.FULL, "{\"card\":\"{\\\"number\\\":\\\"4111\\\"}\"}")).asString().contains("4111");
		assertThat(summary(Mode.FULL, "{\"card\":\"x number=4111\"}", "number")).asString().contains("number=***");
	}

	@Test
	void valueOfNameValuePairWithOrdinaryNameIsNotMasked() {
		assertThat(written(summary(Mode.FULL, "{\"name\":\"limit\",\"value\":\"5\"}")))
			.isEqualTo("{\"name\":\"limit\",\"value\":\"5\"}");
	}

	@Test
	void valueOfNameValuePairIsMaskedWhenNameIsBeyondMemberLimit() {
		String more = IntStream.range(0, 60).mapToObj((i) -> "\"k" + i + "\":1").collect(Collectors.joining(","));
		assertThat(summary(Mode.FULL, "{\"value\":\"sesame\"," + more + ",\"name\":\"password\"}")).extracting("value")
			.isEqualTo("***");
	}

	@Test
	void valuesThatLookLikeCredentialsAreMasked() {
		assertThat(summary(Mode.FULL,
				"""
						{"a":"%s","b":["see Bearer sesame"],"c":{"d":"x\\n%s\\nMII"}}"""
					.formatted(LookAlikes.unsignedJwt(), LookAlikes.beginOfKey(""))))
			.isEqualTo(Map.of("a", "***", "b", List.of("see ***"), "c", Map.of("d", "x\ufffd***")));
	}

	@Test
	void stringsAreSanitizedAndTruncated() {
		assertThat(summary(Mode.FULL, "\"a\\r\\n\\u001b[31m\\u202e\\ud800b\""))
			.isEqualTo("a\ufffd\ufffd\ufffd[31m\ufffd\ufffdb");
		assertThat(summary(Mode.FULL, "\"" + "x".repeat(256) + "\"")).isEqualTo("x".repeat(256));
		assertThat(summary(Mode.FULL, "\"" + "x".repeat(257) + "\"")).isEqualTo("x".repeat(255) + "\u2026");
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void namesAreSanitizedTruncatedAndKeptUnique(Mode mode) {
		String name = "x".repeat(200);
		Map<String, Object> expected = new LinkedHashMap<>();
		expected.put("a\ufffdb", "null");
		expected.put("a\ufffdb#2", "null");
		expected.put("x".repeat(127) + "\u2026", "null");
		expected.put("x".repeat(127) + "\u2026#2", "null");
		expected.put("\u2026#2", "null");
		assertThat(summary(mode,
				"{\"a\\nb\":null,\"a\\rb\":null,\"" + name + "1\":null,\"" + name + "2\":null,\"\u2026\":null}"))
			.isEqualTo(expected);
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void excessMembersAreCountedButNotRead(Mode mode) {
		for (Object each : List.of("a", 1, true, List.of(), Map.of())) {
			assertThat(summaryOf(mode, members(400_000, 51, each))).asInstanceOf(InstanceOfAssertFactories.MAP)
				.hasSize(51)
				.containsKeys("k0", "k49")
				.containsEntry("\u2026", "399950 more");
			Object summary = summaryOf(mode, elements(400_000, 50, each));
			if (mode == Mode.MASKED && !(each instanceof List) && !(each instanceof Map)) {
				assertThat(summary).isEqualTo("array(400000)");
			}
			else {
				assertThat(summary).asInstanceOf(InstanceOfAssertFactories.LIST)
					.hasSize(51)
					.last()
					.isEqualTo("\u2026399950 more");
			}
		}
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void excessDepthIsCountedAndSensitiveValuesAreNotRead(Mode mode) {
		Object deep = List.of(members(400_000, 0, "a"), elements(400_000, 0, "a"));
		for (int i = 1; i < 8; i++) {
			deep = List.of(deep);
		}
		assertThat(summaryOf(mode, deep)).asString().contains("[\u2026object(400000), \u2026array(400000)]");
		assertThat(summaryOf(mode, Map.of("password", members(400_000, 0, "a"), "pin", elements(400_000, 0, "a"))))
			.isEqualTo(Map.of("password", "***", "pin", "***"));
	}

	@Test
	void fullSummaryIsTruncatedAtMaxLengthWithCountOfRest() {
		List<Object> large = elements(50, 40, "x".repeat(250));
		assertThat(written(summaryOf(Mode.FULL, Map.of("a", elements(2, 2, large))))).hasSizeBetween(7000, 8192)
			.endsWith("x\",\"\u202621 more\"],\"\u20261 more\"]}");
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void summaryNeverExceedsMaxLength(Mode mode) {
		for (int seed = 0; seed < 500; seed++) {
			Random random = new Random(seed);
			Object summary = summaryOf(mode, random(random, 0));
			String written = written(summary);
			assertThat(written).as("seed " + seed)
				.hasSizeLessThanOrEqualTo(ArgumentSummaries.MAX_LENGTH)
				.doesNotContain("sesame");
			assertThat(written(JsonMapper.shared().readValue(written, Object.class))).isEqualTo(written);
		}
	}

	/**
	 * An object or array with much in it, or a string; only what is sensitive contains
	 * "sesame".
	 */
	private static Object random(Random random, int depth) {
		int kind = (depth == 0) ? 1 : random.nextInt(2 + 2 * depth);
		if (kind > 1) {
			return "\"".repeat(random.nextInt(300)) + "\n";
		}
		int size = random.nextInt((depth < 2) ? 60 : 4);
		if (kind == 0) {
			return IntStream.range(0, size).mapToObj((i) -> random(random, depth + 1)).toList();
		}
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("my-password", List.of("sesame", Map.of("sesame", "sesame")));
		for (int i = 0; i < size; i++) {
			members.put("\\".repeat(random.nextInt(200)) + i, random(random, depth + 1));
		}
		return members;
	}

	@Test
	void arrayIsSummarizedAsObjectsOnlyIfFirstElementsContainOne() {
		assertThat(summary(Mode.MASKED, "[" + "1,".repeat(49) + "{\"a\":1},2]"))
			.asInstanceOf(InstanceOfAssertFactories.LIST)
			.hasSize(51)
			.endsWith(Map.of("a", "number"), "\u20261 more");
		assertThat(summary(Mode.MASKED, "[" + "1,".repeat(50) + "{\"a\":1}]")).isEqualTo("array(51)");
	}

	/**
	 * An object of which only so many members may be looked at.
	 */
	private static Map<String, Object> members(int size, int looked, Object each) {
		List<Object> values = elements(size, looked, each);
		return new AbstractMap<>() {

			@Override
			public @Nullable Object get(Object key) {
				return null;
			}

			@Override
			public Set<Entry<String, Object>> entrySet() {
				return new AbstractSet<>() {

					@Override
					public Iterator<Entry<String, Object>> iterator() {
						return IntStream.range(0, size).mapToObj((i) -> Map.entry("k" + i, values.get(i))).iterator();
					}

					@Override
					public int size() {
						return size;
					}

				};
			}

		};
	}

	/**
	 * An array of which only so many elements may be looked at.
	 */
	private static List<Object> elements(int size, int looked, Object each) {
		return new AbstractList<>() {

			@Override
			public Object get(int index) {
				assertThat(index).isLessThan(looked);
				return each;
			}

			@Override
			public int size() {
				return size;
			}

		};
	}

	private static @Nullable Object summary(Mode mode, @Nullable String json, String... declared) {
		return summaryOf(mode, (json != null) ? ParsedJson.of(json) : null, declared);
	}

	private static @Nullable Object summaryOf(Mode mode, @Nullable Object arguments, String... declared) {
		return new ArgumentSummaries(mode, new SensitiveNames(List.of()), (target) -> {
			assertThat(target).isEqualTo(TARGET);
			return Set.of(declared);
		}).of(TARGET, arguments);
	}

	private static String written(@Nullable Object summary) {
		return JsonMapper.shared().writeValueAsString(summary);
	}

}
