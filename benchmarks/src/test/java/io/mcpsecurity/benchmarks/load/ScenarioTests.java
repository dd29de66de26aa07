package io.mcpsecurity.benchmarks.load;

import java.nio.charset.StandardCharsets;

import io.mcpsecurity.benchmarks.load.Scenario.Message;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is asked for, and what is an answer to it.
 */
class ScenarioTests {

	@Test
	void everyScenarioHasANameOfItsOwn() {
		assertThat(Scenario.ALL).extracting(Scenario::name).doesNotHaveDuplicates();
	}

	@ParameterizedTest
	@CsvSource({ "CALL, 200", "CALL_10K, 10000", "CALL_1M, 1000000", "FORBIDDEN_CALL, 200" })
	void aBodyHasTheLengthThatItsNameSays(Message message, int bytes) {
		assertThat(message.body().getBytes(StandardCharsets.UTF_8)).hasSize(bytes);
		String text = message.body().replaceAll("^.*\"text\":\"(x+)\".*$", "$1");
		assertThat(message.answer()).isEqualTo("\"%d\"".formatted(text.length()));
	}

	@ParameterizedTest
	@CsvSource({ "stateless, STARTER, 200", "denied, STARTER, 403", "denied, PEER, 200", "denied, UNSECURED, 200",
			"flood-forged, STARTER, 401", "flood-expired, RESOURCE_SERVER, 401", "flood-malformed, PEER, 401",
			"flood-forged, UNSECURED, 200", "flood-forged, OBSERVED, 200" })
	void everyServerHasAStatusToAnswerWith(String name, ServerKind kind, int status) {
		Scenario scenario = Scenario.ALL.stream().filter((any) -> any.name().equals(name)).findFirst().orElseThrow();
		assertThat(scenario.status(kind)).isEqualTo(status);
		assertThat(scenario.allows(kind, status)).isTrue();
		assertThat(scenario.allows(kind, 500)).isFalse();
		assertThat(scenario.allows(kind, 429)).as("whoever brings bad tokens may be told to wait")
			.isEqualTo(status == 401);
	}

}
