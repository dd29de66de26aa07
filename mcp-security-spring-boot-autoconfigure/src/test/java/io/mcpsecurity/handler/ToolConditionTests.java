package io.mcpsecurity.handler;

import java.lang.reflect.Method;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * What a condition may say, and what it says of arguments.
 */
class ToolConditionTests {

	private static final McpCaller ALICE = McpCaller
		.builder("alice", "https://issuer.example", "https://mcp.example/mcp")
		.client("agent")
		.scopes(Set.of("a"))
		.build();

	@Test
	void missingArgumentIsNull() {
		assertThat(holds("#before == null", Map.of())).isTrue();
		assertThat(holds("#before == null", Map.of("before", "2026-01-31"))).isFalse();
		assertThat(holds("#before != null and #before.year < 2020", Map.of("before", "2019-01-31"))).isTrue();
	}

	@Test
	void argumentsAreConvertedToParameterTypes() {
		assertThat(holds("#all", Map.of("all", "true"))).isTrue();
		assertThat(holds("#all == true", Map.of("all", "true"))).isTrue();
		assertThat(holds("#limit > 100", Map.of("limit", "1000"))).isTrue();
		assertThat(holds("#ids.?[#this > 9] != {}", Map.of("ids", List.of("7", "12")))).isTrue();
		assertThat(holds("#filter['deep'] == 'yes'", Map.of("filter", Map.of("deep", "yes")))).isTrue();
	}

	@Test
	void callerIsNeverTakenFromArguments() {
		assertThat(holds("#caller.subject == 'alice'", Map.of())).isTrue();
		assertThat(holds("#caller.subject == 'alice'", Map.of("caller", Map.of("subject", "bob")))).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "#text", "#text.nothing == 1", "#limit / 0 == 1", "#ids[9] == 1", "null" })
	void conditionThatCannotBeEvaluatedThrows(String when) {
		assertThatExceptionOfType(RuntimeException.class)
			.isThrownBy(() -> holds(when, Map.of("text", "x", "limit", 1, "filter", Map.of(), "ids", List.of())));
	}

	/**
	 * So deep does the regular expression go with so long a value.
	 */
	@Test
	void conditionThatOverflowsStackThrows() {
		assertThatExceptionOfType(RuntimeException.class)
			.isThrownBy(() -> holds("!(#text matches '(x|y)*')", Map.of("text", "x".repeat(100_000))))
			.withCauseInstanceOf(StackOverflowError.class);
	}

	@Test
	@Timeout(10)
	void regularExpressionWithExcessiveBacktrackingThrows() {
		assertThatExceptionOfType(RuntimeException.class)
			.isThrownBy(() -> holds("#text matches '(.*x){20}y'", Map.of("text", "x".repeat(60))));
	}

	@Test
	void conditionHoldsForUnconvertibleArgument() {
		assertThat(holds("#limit > 1", Map.of("limit", 1))).isFalse();
		assertThat(holds("#limit > 1", Map.of("limit", "x"))).isTrue();
		assertThat(holds("#before != null and #before.year < 2020", Map.of("before", "garbage"))).isTrue();
		assertThat(holds("#ids == {}", Map.of("ids", "x"))).isTrue();
		assertThat(holds("#all and #limit > 1", Map.of("all", false, "limit", "x"))).isTrue();
		assertThat(holds("#limit > 1", Map.of("limit", 1, "before", "garbage"))).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "T(java.lang.Runtime).getRuntime() == null", "new java.io.File('x') == null",
			"@environment == null", "&factory == null", "#text.length() > 1", "#text = 'x'", "#limit++ > 1",
			"#limit-- > 1", "#f(1)", "#text.?[T(java.lang.System) != null] == null", "{#text.getClass()} == null",
			"#limit instanceof T(Integer)" })
	void expressionWithSideEffectsOrTypeAccessIsRefused(String when) {
		assertThatIllegalArgumentException().isThrownBy(() -> of(when)).withMessageStartingWith("must only read: '");
	}

	@ParameterizedTest
	@ValueSource(strings = { "#before ==", "(", "#", "'", "#before == null)" })
	void malformedExpressionIsRefused(String when) {
		assertThatIllegalArgumentException().isThrownBy(() -> of(when)).withMessageStartingWith("is not an expression");
	}

	@ParameterizedTest
	@CsvSource({ "#befor == null, names #befor", "#request == null, names #request", "#root == null, names #root",
			"#this == null, names #this", "before == null, names 'before'", "caller.subject == null, names 'caller'" })
	void unknownNamesAreRefused(String when, String message) {
		assertThatIllegalArgumentException().isThrownBy(() -> of(when)).withMessageStartingWith(message);
	}

	@ParameterizedTest
	@ValueSource(strings = { "#format == 'CSV'", "'CSV' == #format", "#format != 'CSV'", "#before == '2026-01-31'",
			"#before > '2026-01-31'", "#id == '7d444840-9dc0-11d1-b245-5ffdce74fad2'", "#letter == 'x'",
			"#limit == '5'", "#limit > #filter", "#limit between {'1', '5'}", "#text == true", "#text == 5",
			"#all == 'true'", "#all == 1", "#ids[0] == '7'", "#ids.?[#this == '7'] != {}", "#ids.![#this == '7'] != {}",
			"#formats == {'CSV'}", "#names[0] == 5", "#query.format == 'CSV'", "#query?.format == 'CSV'",
			"#query.id == 'x'", "#before.dayOfWeek == 'MONDAY'", "#caller.scopes == 'a'", "#maybe == 'x'",
			"!(#format == 'CSV')", "#all and #format == 'CSV'", "#all ? #limit == '5' : false", "#filter['a'] == 5" })
	void comparisonOfIncompatibleTypesIsRefused(String when) {
		assertThatIllegalArgumentException().isThrownBy(() -> ToolCondition.of(when, method("typed")))
			.withMessageStartingWith("compares ")
			.withMessageContaining("are never equal. Compare values of one type");
	}

	@ParameterizedTest
	@ValueSource(strings = { "#format.name == 'CSV'", "'' + #format == 'CSV'", "#format == null", "#before.year < 2026",
			"'' + #before < '2026-01-31'", "'' + #letter == 'x'", "#limit == 5.0", "#limit between {1, 5}",
			"#limit * 2 > 5", "#ids[0] == 7", "#ids == {7}", "#any == 'x'", "#any == 5", "#query.format.name == 'CSV'",
			"#query?.id == null", "#before.dayOfWeek.name == 'MONDAY'", "#caller.subject == 'alice'",
			"#text matches 'x'", "#format matches 'CSV'", "(#text ?: 'x') == 'x'", "#all ? true : #limit == 5",
			"#filter['a'] == 'x'", "#text == #caller.client" })
	void comparisonOfCompatibleTypesIsAccepted(String when) {
		assertThat(ToolCondition.of(when, method("typed"))).isNotNull();
	}

	@Test
	void enumConstantIsComparedByNameOrText() {
		for (String when : List.of("#format.name == 'CSV'", "'' + #format == 'CSV'")) {
			ToolCondition condition = ToolCondition.of(when, method("typed"));
			assertThat(condition.holds(Map.of("format", "CSV"), ALICE)).as(when).isTrue();
			assertThat(condition.holds(Map.of("format", "JSON"), ALICE)).as(when).isFalse();
		}
	}

	@Test
	void toolWithUntypedArgumentsAcceptsAnyNames() {
		ToolCondition condition = ToolCondition.of("#anything == 1", method("any"));
		assertThat(condition.holds(Map.of("anything", 1), ALICE)).isTrue();
	}

	@Test
	void parameterNamedCallerIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> ToolCondition.of("#caller == 'bob'", method("pretender")))
			.withMessageContaining("#caller");
	}

	private static boolean holds(String when, Map<String, Object> arguments) {
		return of(when).holds(new HashMap<>(arguments), ALICE);
	}

	private static ToolCondition of(String when) {
		return ToolCondition.of(when, method("purge"));
	}

	private static Method method(String name) {
		return Stream.of(Tools.class.getDeclaredMethods())
			.filter((method) -> method.getName().equals(name))
			.findFirst()
			.orElseThrow();
	}

	enum Format {

		CSV, JSON

	}

	record Query(Format format, UUID id) {
	}

	interface Tools {

		void purge(@Nullable LocalDate before, boolean all, int limit, String text, List<Integer> ids,
				Map<String, String> filter, McpCaller caller);

		void typed(Format format, LocalDate before, boolean all, int limit, String text, List<Integer> ids, UUID id,
				char letter, Object any, Query query, String[] names, Set<Format> formats, Optional<String> maybe,
				Map<String, String> filter, McpCaller caller);

		void any(CallToolRequest request);

		void pretender(String caller);

	}

}
