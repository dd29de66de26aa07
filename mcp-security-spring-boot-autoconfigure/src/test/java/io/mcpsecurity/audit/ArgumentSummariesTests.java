package io.mcpsecurity.audit;

import java.util.AbstractList;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

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

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * The form of what an event says about arguments, and its bounds.
 */
class ArgumentSummariesTests {

	private static final SecretKey KEY = new SecretKeySpec(new byte[32], "HmacSHA256");

	private static final McpTarget TARGET = McpTarget.tool("a");

	@ParameterizedTest
	@EnumSource
	void aCallWithoutArgumentsHasNoSummary(Mode mode) {
		assertThat(summary(mode, null)).isNull();
	}

	@Test
	void nothingIsToldWhenNothingIsWanted() {
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
	void masked(String arguments, String expected) {
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
			{"a":1.5,"b":1e3,"c":0.1,"d":-0.0}              | {"a":1.5,"b":1000.0,"c":0.1,"d":0.0}
			{"a":9223372036854775808}                       | {"a":"9223372036854775808"}
			{"a":0.10000000000000000001}                    | {"a":"0.10000000000000000001"}
			{"a":1e400,"b":1e-400}                          | {"a":"1E+400","b":"1E-400"}
			{"a":1e-999999999,"b":1e999999999}              | {"a":"1E-999999999","b":"1E+999999999"}
			"text"                                          | "text"
			""")
	void full(String arguments, String expected) {
		assertThat(written(summary(Mode.FULL, arguments))).isEqualTo(expected);
	}

	@Test
	void numbersThatWereReadAsDoubles() {
		List<Double> numbers = List.of(1.5, 1e3, 0.1, -0.0, 1e300, Double.POSITIVE_INFINITY);
		assertThat(written(summaryOf(Mode.FULL, numbers))).isEqualTo("[1.5,1000.0,0.1,-0.0,1.0E300,\"Infinity\"]");
		for (String number : List.of("1.5", "1e3", "-0.0", "1e300", "1e-320")) {
			assertThat(summaryOf(Mode.DIGEST, Double.valueOf(number))).isEqualTo(summary(Mode.DIGEST, number));
		}
	}

	@Test
	void aDigestIsTheHmacOfKindAndValue() throws Exception {
		Mac mac = Mac.getInstance("HmacSHA256");
		mac.init(KEY);
		Object summary = summary(Mode.DIGEST, "{\"a\":\"caf\\u00e9\",\"b\":[1.50,{\"c\":true}],\"d\":null}");
		assertThat(summary).isEqualTo(Map.of("a", hmac(mac, "s:caf\u00e9"), "b",
				List.of(hmac(mac, "n:1.5"), Map.of("c", hmac(mac, "b:true"))), "d", "null"));
	}

	private static String hmac(Mac mac, String text) {
		StringBuilder hex = new StringBuilder();
		for (byte each : mac.doFinal(text.getBytes(UTF_8))) {
			hex.append("%02x".formatted(each));
		}
		return "hmac:" + hex.substring(0, 32);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
			1            | 1.0
			1            | 1e0
			100          | 1E+2
			0            | -0.0e5
			0.5          | 50e-2
			"a"          | "\\u0061"
			"\\ud83d\\ude00" | "\ud83d\ude00"
			true         | true
			1e999999999  | 10e999999998
			""")
	void equalValuesHaveEqualDigests(String one, String other) {
		assertThat(summary(Mode.DIGEST, one)).isEqualTo(summary(Mode.DIGEST, other));
	}

	@Test
	void differentValuesHaveDifferentDigests() {
		Set<Object> digests = new HashSet<>();
		List<String> values = List.of("1", "\"1\"", "10", "\"1.0\"", "true", "\"true\"", "false", "\"n:1\"", "\"s:1\"",
				"\"\"", "\" \"", "\"?\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ufffd\"", "\"A\"", "\"a\"", "1e400", "-1");
		values.forEach((value) -> digests.add(String.valueOf(summary(Mode.DIGEST, value))));
		assertThat(digests).hasSameSizeAs(values)
			.allSatisfy((digest) -> assertThat(digest).asString().matches("hmac:[0-9a-f]{32}"));
	}

	@Test
	void anotherKeyMakesOtherDigests() {
		SecretKey other = new SecretKeySpec("x".repeat(32).getBytes(UTF_8), "HmacSHA256");
		assertThat(summary(Mode.DIGEST, other, SensitiveParts.NONE, "\"a\""))
			.isNotEqualTo(summary(Mode.DIGEST, "\"a\""));
	}

	@Test
	void digestsNeedAKey() {
		assertThatIllegalArgumentException().isThrownBy(() -> new ArgumentSummaries(Mode.DIGEST, null,
				new SensitiveNames(List.of()), (target) -> SensitiveParts.NONE));
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void sensitiveNamesAreMaskedAtAnyDepth(Mode mode) {
		assertThat(summary(mode, """
				{"password":"sesame","api-key":5,"credentials":{"user":"sesame"},"Cookie":["sesame"],"pin":null,
				"a":{"b":[{"accessToken":"sesame"},[{"SECRET":true}]]}}"""))
			.isEqualTo(Map.of("password", "***", "api-key", "***", "credentials", "***", "Cookie", "***", "pin", "***",
					"a", Map.of("b", List.of(Map.of("accessToken", "***"), List.of(Map.of("SECRET", "***"))))));
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void aValueBesideItsSensitiveNameIsMasked(Mode mode) {
		for (String pair : List.of("{\"name\":\"Authorization\",\"value\":\"sesame\"}",
				"{\"value\":{\"a\":\"sesame\"},\"key\":\"api_key\"}",
				"{\"Values\":[\"sesame\"],\"header\":\"Cookie\"}")) {
			assertThat(summary(mode, "{\"a\":[" + pair + "]}")).extracting("a")
				.asInstanceOf(InstanceOfAssertFactories.LIST)
				.singleElement()
				.asInstanceOf(InstanceOfAssertFactories.MAP)
				.containsValue("***")
				.hasSize(2);
		}
	}

	@Test
	void aValueBesideAnotherNameIsShown() {
		assertThat(written(summary(Mode.FULL, "{\"name\":\"limit\",\"value\":\"5\"}")))
			.isEqualTo("{\"name\":\"limit\",\"value\":\"5\"}");
	}

	@Test
	void aValueWhoseNameMayStillComeIsMasked() {
		String more = IntStream.range(0, 60).mapToObj((i) -> "\"k" + i + "\":1").collect(Collectors.joining(","));
		assertThat(summary(Mode.FULL, "{\"value\":\"sesame\"," + more + ",\"name\":\"password\"}")).extracting("value")
			.isEqualTo("***");
		String large = IntStream.range(0, 45)
			.mapToObj((i) -> "\"k" + i + "\":\"" + "x".repeat(250) + "\"")
			.collect(Collectors.joining(","));
		assertThat(summary(Mode.FULL, "{\"value\":\"sesame\"," + large + ",\"name\":\"password\"}")).extracting("value")
			.isEqualTo("***");
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void whatTheCodeDeclaresSensitiveIsMasked(Mode mode) {
		SensitiveParts card = parts(Map.of("number", SensitiveParts.ALL));
		SensitiveParts arguments = parts(Map.of("card", card, "note", SensitiveParts.ALL));
		assertThat(summary(mode, KEY, arguments, "{\"note\":{\"a\":[1]},\"card\":{\"number\":\"4111\",\"x\":null}}"))
			.isEqualTo(Map.of("note", "***", "card", Map.of("number", "***", "x", "null")));
		assertThat(summary(mode, KEY, SensitiveParts.ALL, "{\"a\":1}")).isEqualTo("***");
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void aStringInThePlaceOfAnObjectWithSensitiveMembersIsMasked(Mode mode) {
		SensitiveParts arguments = parts(Map.of("card", parts(Map.of("number", SensitiveParts.ALL))));
		for (String value : List.of("\"{\\\"number\\\":\\\"4111\\\"}\"", "4111", "true")) {
			assertThat(summary(mode, KEY, arguments, "{\"card\":" + value + "}")).isEqualTo(Map.of("card", "***"));
		}
		assertThat(summary(mode, KEY, arguments, "{\"card\":null}")).isEqualTo(Map.of("card", "null"));
	}

	@Test
	void valuesThatLookLikeCredentialsAreMasked() {
		assertThat(summary(Mode.FULL,
				"""
						{"a":"%s","b":["see Bearer sesame"],"c":{"d":"x\\n%s\\nMII"}}"""
					.formatted(LookAlikes.unsignedJwt(), LookAlikes.beginOfKey(""))))
			.isEqualTo(Map.of("a", "***", "b", List.of("see ***"), "c", Map.of("d", "x\ufffd***")));
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void namesThatLookLikeCredentialsAreMasked(Mode mode) {
		assertThat(summary(mode,
				"{\"%s\":null,\"%s1\":null}".formatted(LookAlikes.unsignedJwt(), LookAlikes.unsignedJwt())))
			.isEqualTo(Map.of("***", "null", "***#2", "null"));
	}

	@Test
	void stringsAreMadeSafeAndCut() {
		assertThat(summary(Mode.FULL, "\"a\\r\\n\\u001b[31m\\u202e\\ud800b\""))
			.isEqualTo("a\ufffd\ufffd\ufffd[31m\ufffd\ufffdb");
		assertThat(summary(Mode.FULL, "\"" + "x".repeat(256) + "\"")).isEqualTo("x".repeat(256));
		assertThat(summary(Mode.FULL, "\"" + "x".repeat(257) + "\"")).isEqualTo("x".repeat(255) + "\u2026");
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void namesAreMadeSafeAndCutAndStayDifferent(Mode mode) {
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
	void ofManyMembersTheRestIsCounted(Mode mode) {
		String members = IntStream.range(0, 53).mapToObj((i) -> "\"k" + i + "\":null").collect(Collectors.joining(","));
		assertThat(summary(mode, "{" + members + "}")).asInstanceOf(InstanceOfAssertFactories.MAP)
			.hasSize(51)
			.containsKeys("k0", "k49")
			.containsEntry("\u2026", "3 more");
		String elements = IntStream.range(0, 1000).mapToObj((i) -> "{\"a\":[]}").collect(Collectors.joining(","));
		assertThat(summary(mode, "[" + elements + "]")).asInstanceOf(InstanceOfAssertFactories.LIST)
			.hasSize(51)
			.last()
			.isEqualTo("\u2026950 more");
		assertThat(summary(mode, "{\"a\":[" + elements + "],\"b\":null}")).asInstanceOf(InstanceOfAssertFactories.MAP)
			.containsKey("b");
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void deepValuesAreCounted(Mode mode) {
		String deepest = "{\"x\":[1,{\"y\":2}],\"z\":{}}";
		Object summary = summary(mode, "[".repeat(8) + deepest + ",[1,[2],3]" + "]".repeat(8));
		for (int i = 1; i < 8; i++) {
			assertThat(summary).asInstanceOf(InstanceOfAssertFactories.LIST).hasSize(1);
			summary = ((List<?>) summary).get(0);
		}
		assertThat(summary).isEqualTo(List.of("\u2026object(2)", "\u2026array(3)"));
		assertThat(summary(mode, "[".repeat(100_000) + "]".repeat(100_000))).asString().contains("\u2026array(1)");
	}

	@Test
	void aFullSummarySaysThatThereIsMore() {
		String text = "\"" + "x".repeat(250) + "\"";
		String large = IntStream.range(0, 40)
			.mapToObj((i) -> "\"k" + i + "\":" + text)
			.collect(Collectors.joining(","));
		Object summary = summary(Mode.FULL, "{\"a\":[{" + large + "}],\"b\":1}");
		assertThat(written(summary)).hasSizeBetween(7500, ArgumentSummaries.MAX_LENGTH)
			.endsWith("\"\u2026\":\"more\"},\"\u2026more\"],\"\u2026\":\"more\"}");
	}

	@Test
	void aFullSummaryLooksNoFurther() {
		String text = "x".repeat(250);
		List<Object> large = elements(50, 40, text);
		assertThat(summaryOf(Mode.FULL, elements(2, 1, large)))
			.isEqualTo(List.of(withMore(Collections.nCopies(31, text)), "\u2026more"));
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void largeArgumentsAreSummarized(Mode mode) {
		String text = "x".repeat(2_000_000);
		List<String> numbers = new ArrayList<>(Collections.nCopies(1_000_000, "7"));
		assertThat(summary(mode, "{\"a\":\"" + text + "\",\"b\":[" + String.join(",", numbers) + "],\"c\":null}"))
			.asInstanceOf(InstanceOfAssertFactories.MAP)
			.containsOnlyKeys("a", "b", "c");
	}

	@Test
	void whetherAnArrayHasObjectsIsSeenFromItsBeginning() {
		assertThat(summary(Mode.MASKED, "[" + "1,".repeat(49) + "{\"a\":1},2]"))
			.asInstanceOf(InstanceOfAssertFactories.LIST)
			.hasSize(51)
			.endsWith(Map.of("a", "number"), "\u20261 more");
		assertThat(summary(Mode.MASKED, "[" + "1,".repeat(50) + "{\"a\":1}]")).isEqualTo("array(51)");
	}

	@Test
	void ofLargeArgumentsWithoutTheirValuesTheSizesAreTold() {
		String text = "x".repeat(4_000_000);
		assertThat(summary(Mode.MASKED, "{\"a\":1,\"b\":\"" + text + "\",\"c\":null}"))
			.isEqualTo(Map.of("a", "number", "b", "string(4000000)", "c", "null"));
		assertThat(summary(Mode.MASKED, "{\"password\":[\"" + text + "\"],\"b\":1}"))
			.isEqualTo(Map.of("password", "***", "b", "number"));
		assertThat(summary(Mode.MASKED, "{\"value\":{\"hunter2\":1},\"a\":\"" + text + "\",\"name\":\"password\"}"))
			.isEqualTo(Map.of("value", "***", "a", "string(4000000)", "name", "string(8)"));
		assertThat(summary(Mode.MASKED, "[" + "1,".repeat(400_000) + "1]")).isEqualTo("array(400001)");
		assertThat(summary(Mode.MASKED, "[" + "{},".repeat(400_000) + "1]"))
			.asInstanceOf(InstanceOfAssertFactories.LIST)
			.hasSize(51)
			.last()
			.isEqualTo("\u2026399951 more");
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void ofManyMembersTheRestIsNotLookedAt(Mode mode) {
		for (Object each : List.of("a", 1, true, List.of(), Map.of())) {
			assertThat(summaryOf(mode, members(400_000, 51, each))).asInstanceOf(InstanceOfAssertFactories.MAP)
				.hasSize(51)
				.containsEntry("value", "***")
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
	void intoWhatIsTooDeepOrSensitiveNobodyLooks(Mode mode) {
		Object deep = List.of(members(400_000, 0, "a"), elements(400_000, 0, "a"));
		for (int i = 1; i < 8; i++) {
			deep = List.of(deep);
		}
		assertThat(summaryOf(mode, deep)).asString().contains("[\u2026object(400000), \u2026array(400000)]");
		assertThat(summaryOf(mode, Map.of("password", members(400_000, 0, "a"), "pin", elements(400_000, 0, "a"))))
			.isEqualTo(Map.of("password", "***", "pin", "***"));
	}

	/**
	 * An object of which only so many members may be looked at, one of them a "value".
	 */
	private static Map<String, Object> members(int size, int looked, Object each) {
		List<Object> values = elements(size, looked, each);
		return new AbstractMap<>() {

			@Override
			public Set<Entry<String, Object>> entrySet() {
				return new AbstractSet<>() {

					@Override
					public Iterator<Entry<String, Object>> iterator() {
						return IntStream.range(0, size)
							.mapToObj((i) -> Map.entry((i == 0) ? "value" : "k" + i, values.get(i)))
							.iterator();
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

	private static List<Object> withMore(List<String> elements) {
		List<Object> all = new ArrayList<>(elements);
		all.add("\u2026more");
		return all;
	}

	private static SensitiveParts parts(Map<String, SensitiveParts> members) {
		return new SensitiveParts() {

			@Override
			public boolean hidden() {
				return false;
			}

			@Override
			public boolean hidesWithin() {
				return true;
			}

			@Override
			public SensitiveParts member(String name) {
				return members.getOrDefault(name, NONE);
			}

			@Override
			public SensitiveParts element() {
				return this;
			}

		};
	}

	private static @Nullable Object summary(Mode mode, @Nullable String json) {
		return summary(mode, KEY, SensitiveParts.NONE, json);
	}

	private static @Nullable Object summary(Mode mode, SecretKey key, SensitiveParts sensitive, @Nullable String json) {
		return summaryOf(mode, key, sensitive, (json != null) ? ParsedJson.of(json) : null);
	}

	private static @Nullable Object summaryOf(Mode mode, @Nullable Object arguments) {
		return summaryOf(mode, KEY, SensitiveParts.NONE, arguments);
	}

	private static @Nullable Object summaryOf(Mode mode, SecretKey key, SensitiveParts sensitive,
			@Nullable Object arguments) {
		return new ArgumentSummaries(mode, key, new SensitiveNames(List.of()), (target) -> {
			assertThat(target).isEqualTo(TARGET);
			return sensitive;
		}).of(TARGET, arguments);
	}

	private static String written(@Nullable Object summary) {
		return JsonMapper.shared().writeValueAsString(summary);
	}

}
