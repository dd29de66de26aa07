package io.mcpsecurity.audit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import javax.crypto.spec.SecretKeySpec;

import io.mcpsecurity.audit.ArgumentSummaries.Mode;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.LookAlikes;
import io.mcpsecurity.test.ParsedJson;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What holds for the summaries of all arguments, tried with random ones.
 */
class ArgumentSummaryLawsTests {

	private static final int CASES = 300;

	/** No name, and nothing else in the arguments, contains it. */
	private static final String SECRET = "Zq7Xk";

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void noSensitiveValueIsEverTold(Mode mode) {
		forAll(mode, (arguments, summary) -> assertThat(written(summary)).doesNotContain(SECRET));
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void everySummaryFitsIntoAnEvent(Mode mode) {
		forAll(mode, (arguments, summary) -> {
			assertThat(written(summary)).hasSizeLessThanOrEqualTo(ArgumentSummaries.MAX_LENGTH);
			checkBounds(summary, 1);
		});
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void everySummaryIsJsonAgainWhenItWasWritten(Mode mode) {
		forAll(mode,
				(arguments,
						summary) -> assertThat(written(JsonMapper.shared().readValue(written(summary), Object.class)))
							.isEqualTo(written(summary)));
	}

	@ParameterizedTest
	@EnumSource(value = Mode.class, names = { "MASKED", "DIGEST" })
	void noValueIsToldUnlessInFull(Mode mode) {
		forAll(mode, (arguments, summary) -> assertThat(written(summary)).doesNotContain("plain"));
	}

	/**
	 * The random arguments hold what these laws are about.
	 */
	@ParameterizedTest
	@EnumSource(names = "FULL")
	void theArgumentsAreWorthTheTrial(Mode mode) {
		int[] counts = new int[5];
		forAll(mode, (arguments, summary) -> {
			String text = written(summary);
			counts[0] += arguments.contains(SECRET) ? 1 : 0;
			counts[1] += text.contains("***") ? 1 : 0;
			counts[2] += text.contains("plain") ? 1 : 0;
			counts[3] += text.contains("\"more\"") ? 1 : 0;
			counts[4] += text.contains("\ufffd") ? 1 : 0;
		});
		assertThat(IntStream.of(counts).boxed().toList())
			.allSatisfy((count) -> assertThat(count).isGreaterThan(CASES / 20));
	}

	private static void forAll(Mode mode, Law law) {
		for (int seed = 0; seed < CASES; seed++) {
			RandomArguments random = new RandomArguments(seed);
			String arguments = JsonMapper.shared().writeValueAsString(random.object(0, random.declared));
			ArgumentSummaries summaries = new ArgumentSummaries(mode, new SecretKeySpec(new byte[32], "HmacSHA256"),
					new SensitiveNames(List.of("*hush*")), (target) -> random.declared);
			try {
				law.check(arguments, summaries.of(McpTarget.tool("a"), ParsedJson.of(arguments)));
			}
			catch (AssertionError ex) {
				throw new AssertionError("seed " + seed + ": " + ex.getMessage(), ex);
			}
		}
	}

	private static void checkBounds(@Nullable Object value, int depth) {
		assertThat(depth).isLessThanOrEqualTo(ArgumentSummaries.MAX_DEPTH + 1);
		if (value instanceof Map<?, ?> map) {
			assertThat(map).hasSizeLessThanOrEqualTo(ArgumentSummaries.MAX_MEMBERS + 1);
			map.forEach((key, member) -> {
				checkText((String) key, ArgumentSummaries.MAX_NAME + "#50".length());
				checkBounds(member, depth + 1);
			});
		}
		else if (value instanceof List<?> list) {
			assertThat(list).hasSizeLessThanOrEqualTo(ArgumentSummaries.MAX_MEMBERS + 1);
			list.forEach((element) -> checkBounds(element, depth + 1));
		}
		else if (value instanceof String text) {
			checkText(text, ArgumentSummaries.MAX_STRING);
		}
		else {
			assertThat(value).isInstanceOfAny(Long.class, Double.class, Boolean.class);
		}
	}

	private static void checkText(String text, int max) {
		assertThat(text).hasSizeLessThanOrEqualTo(max).doesNotContainPattern("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]");
	}

	private static String written(@Nullable Object summary) {
		return JsonMapper.shared().writeValueAsString(summary);
	}

	private interface Law {

		void check(String arguments, @Nullable Object summary);

	}

	/**
	 * Arguments in which everything that must not be told contains {@link #SECRET}.
	 */
	private static final class RandomArguments {

		private static final List<String> NAMES = List.of("query", "limit", "a", "\u00e4", "x\ny", "\u202ename",
				"\ud800", "\"q\\", "value", "name", "\ud83d\ude00", "tokens", "\u2026", "");

		private static final List<String> SENSITIVE = List.of("password", "API_KEY", "access-token", "Cookie", "hush",
				"mrHushy", "userCredentials", "PIN");

		private final Random random;

		private int budget = 200;

		final SensitiveParts declared = new Declared();

		RandomArguments(int seed) {
			this.random = new Random(seed * 0x9E3779B97F4A7C15L);
		}

		Map<String, @Nullable Object> object(int depth, SensitiveParts declared) {
			Map<String, @Nullable Object> members = new LinkedHashMap<>();
			int size = (depth == 0) ? this.random.nextInt(60) : size();
			for (int i = 0; i < size; i++) {
				String name = name();
				boolean sensitive = SENSITIVE.contains(name) || declared.member(name).hidden();
				members.put(name, sensitive ? secret(depth + 1) : value(depth + 1, declared.member(name)));
			}
			if (chance(10)) {
				members.put("value", secret(depth + 1));
				members.put(oneOf(List.of("name", "key", "kind")), oneOf(SENSITIVE));
			}
			return members;
		}

		private @Nullable Object value(int depth, SensitiveParts declared) {
			if (depth < 12 && chance(3)) {
				return object(depth, declared);
			}
			if (depth < 12 && chance(5)) {
				return elements(() -> value(depth + 1, declared));
			}
			return declared.hidesWithin() && chance(2) ? "{\"" + Declared.HIDDEN + "\":\"" + SECRET + "\"}"
					: declared.hidesWithin() ? secret(100) : scalar();
		}

		private @Nullable Object scalar() {
			return switch (this.random.nextInt(8)) {
				case 0 -> this.random.nextLong();
				case 1 -> this.random.nextGaussian() * Math.pow(10, this.random.nextInt(600) - 300);
				case 2 -> this.random.nextBoolean();
				case 3 -> null;
				case 4 -> text() + credential() + oneOf(List.of("", " ", "\n", " plain")) + (chance(2) ? text() : "");
				default -> text();
			};
		}

		private Object secret(int depth) {
			if (depth < 12 && chance(5)) {
				return Map.of(name(), secret(depth + 1));
			}
			if (depth < 12 && chance(5)) {
				return elements(() -> secret(depth + 1));
			}
			return SECRET + text();
		}

		private String credential() {
			return switch (this.random.nextInt(6)) {
				case 0 -> "eyJhbGciOi" + SECRET + ".e30." + SECRET;
				case 1 -> "Bearer " + SECRET + "~+/" + SECRET + "==";
				case 2 -> LookAlikes.beginOfKey("") + "\r\n" + SECRET;
				case 3 -> "https://user:" + SECRET + "@host";
				case 4 -> oneOf(SENSITIVE).replace("-", "_") + oneOf(List.of("=", ": ", "\" : \"", ">")) + SECRET;
				default -> "ghp_0123456789" + SECRET;
			};
		}

		/**
		 * Mostly short, sometimes just about as long as is shown.
		 */
		private String text() {
			StringBuilder text = new StringBuilder();
			int length = chance(3) ? 200 + this.random.nextInt(80) : this.random.nextInt(20);
			while (text.length() < length) {
				text.append(oneOf(List.of("plain ", "\n", "\u001b[0m", "\"", "\\", "\u2028", "\ud83d\ude00 ", "\udc00",
						"\u4e2d ")));
			}
			return text + " ";
		}

		private String name() {
			return switch (this.random.nextInt(10)) {
				case 0 -> oneOf(SENSITIVE);
				case 1 -> Declared.HIDDEN;
				case 2 -> "n".repeat(120 + this.random.nextInt(20)) + this.random.nextInt(3);
				case 3 -> "eyJhbGciOi" + SECRET + "." + this.random.nextInt(3);
				case 4, 5, 6, 7 -> "k" + this.random.nextInt(100);
				default -> oneOf(NAMES);
			};
		}

		private List<@Nullable Object> elements(Supplier<@Nullable Object> element) {
			List<@Nullable Object> elements = new ArrayList<>();
			int size = size();
			for (int i = 0; i < size; i++) {
				elements.add(element.get());
			}
			return elements;
		}

		private int size() {
			int size = chance(6) ? 45 + this.random.nextInt(20) : this.random.nextInt(6);
			this.budget -= size;
			return (this.budget > 0) ? size : 0;
		}

		private boolean chance(int of) {
			return this.random.nextInt(of) == 0;
		}

		private <T> T oneOf(List<T> values) {
			return values.get(this.random.nextInt(values.size()));
		}

	}

	/**
	 * Hides one name, at any depth below certain others.
	 */
	private static final class Declared implements SensitiveParts {

		static final String HIDDEN = "inner";

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
			return name.equals(HIDDEN) ? ALL : (name.startsWith("a") || name.startsWith("k1")) ? this : OUTSIDE;
		}

		@Override
		public SensitiveParts element() {
			return this;
		}

		/** Below this, only the name itself is hidden. */
		private static final SensitiveParts OUTSIDE = new SensitiveParts() {

			@Override
			public boolean hidden() {
				return false;
			}

			@Override
			public boolean hidesWithin() {
				return false;
			}

			@Override
			public SensitiveParts member(String name) {
				return name.equals(HIDDEN) ? ALL : this;
			}

			@Override
			public SensitiveParts element() {
				return this;
			}

		};

	}

}
