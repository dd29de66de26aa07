package io.mcpsecurity.benchmarks.load;

import java.nio.charset.StandardCharsets;
import java.util.List;

import io.mcpsecurity.benchmarks.load.Scenario.Message;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is asked for, and what is an answer to it.
 */
class ScenarioTests {

	@Test
	void scenarioNamesAreUnique() {
		assertThat(Scenario.ALL).extracting(Scenario::name).doesNotHaveDuplicates();
	}

	@Test
	void groupsContainOnlyExistingScenarios() {
		assertThat(Scenario.GROUPS.values()).allSatisfy((names) -> assertThat(Scenario.of(names)).hasSameSizeAs(names));
	}

	@ParameterizedTest
	@CsvSource({ "stateless, 1, 1, 1, 0, 0", "many-tokens, 10000, 1, 1, 0, 0", "scopes-100, 1, 100, 1, 0, 0",
			"sessions-10000, 1, 1, 10000, 0, 0", "tools-1000, 1, 1, 1, 998, 0", "rules-1000, 1, 1, 1, 0, 1000" })
	void scenarioHasSizesFromItsName(String name, int tokens, int scopes, int sessions, int tools, int rules) {
		Scenario scenario = scenario(name);
		assertThat(scenario.tokenCount()).isEqualTo(tokens);
		assertThat(scenario.scopes()).isEqualTo(scopes);
		assertThat(scenario.sessions()).isEqualTo(sessions);
		assertThat(scenario.setting().tools()).isEqualTo(tools);
		assertThat(scenario.setting().rules()).isEqualTo(rules);
	}

	@Test
	void scenarioExcludesServersThatDoNotSupportIt() {
		assertThat(ServerKind.values()).filteredOn(scenario("uncached")::isFor).containsExactly(ServerKind.STARTER);
		assertThat(ServerKind.values()).filteredOn(scenario("modern")::isFor).containsExactly(ServerKind.STARTER);
		assertThat(ServerKind.values()).filteredOn(scenario("opaque")::isFor)
			.doesNotContain(ServerKind.PEER)
			.hasSize(ServerKind.values().length - 1);
	}

	@ParameterizedTest
	@CsvSource({ "CALL, 200", "CALL_10K, 10000", "CALL_1M, 1000000", "FORBIDDEN_CALL, 200" })
	void messageBodyHasExpectedLength(Message message, int bytes) {
		assertThat(message.body().getBytes(StandardCharsets.UTF_8)).hasSize(bytes);
		String text = message.body().replaceAll("^.*\"text\":\"(x+)\".*$", "$1");
		assertThat(message.content()).isEqualTo("\"%d\"".formatted(text.length()));
	}

	@Test
	void modernCallIsTheSameCallInAnotherForm() {
		assertThat(Message.MODERN_CALL.content()).isEqualTo(Message.CALL.content());
		assertThat(JsonMapper.shared().readTree(Message.MODERN_CALL.body()).at("/params/arguments"))
			.isEqualTo(JsonMapper.shared().readTree(Message.CALL.body()).at("/params/arguments"));
	}

	@ParameterizedTest
	@CsvSource({ "stateless, STARTER, 200", "denied, STARTER, 403", "denied, PEER, 200", "denied, UNSECURED, 200",
			"flood-forged, STARTER, 401", "flood-expired, RESOURCE_SERVER, 401", "flood-malformed, PEER, 401",
			"flood-forged, UNSECURED, 200", "flood-forged, OBSERVED, 200" })
	void expectedStatusDependsOnScenarioAndServer(String name, ServerKind kind, int status) {
		Scenario scenario = scenario(name);
		assertThat(scenario.status(kind)).isEqualTo(status);
		assertThat(scenario.allows(kind, status)).isTrue();
		assertThat(scenario.allows(kind, 500)).isFalse();
		assertThat(scenario.allows(kind, 429)).as("whoever brings bad tokens may be told to wait")
			.isEqualTo(status == 401);
	}

	private static Scenario scenario(String name) {
		return Scenario.of(List.of(name)).get(0);
	}

}
