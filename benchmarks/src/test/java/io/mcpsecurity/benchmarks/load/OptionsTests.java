package io.mcpsecurity.benchmarks.load;

import java.nio.file.Path;
import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * What a command line means.
 */
class OptionsTests {

	@Test
	void whenNoOptionsThenDefaultScenariosAndServersAreUsed() {
		Options options = parse();
		assertThat(options.scenarios()).extracting(Scenario::name)
			.containsExactlyInAnyOrder("stateless", "modern", "streamable", "es256", "many-tokens", "uncached",
					"body-1m", "list-1000", "flood-forged");
		assertThat(options.kinds()).containsExactly(ServerKind.UNSECURED, ServerKind.RESOURCE_SERVER, ServerKind.PEER,
				ServerKind.STARTER);
		assertThat(options.memory()).isFalse();
	}

	@Test
	void allOptionsAreParsed() {
		Options options = parse("--servers=observed,resource-server", "--starts=2", "--rounds=4", "--round=5",
				"--connections=6", "--warm-up=7", "--java=/java", "--jvm=-XX:+UseG1GC", "--jvm=-Dname=value",
				"--property=name=value", "--cores=3,2", "list-10");
		assertThat(options.kinds()).containsExactly(ServerKind.OBSERVED, ServerKind.RESOURCE_SERVER);
		assertThat(options.starts()).isEqualTo(2);
		assertThat(options.rounds()).isEqualTo(4);
		assertThat(options.round()).isEqualTo(Duration.ofSeconds(5));
		assertThat(options.connections()).isEqualTo(6);
		assertThat(options.warmUp()).isEqualTo(Duration.ofSeconds(7));
		assertThat(options.java()).isEqualTo(Path.of("/java"));
		assertThat(options.jvm()).containsExactly("-XX:+UseG1GC", "-Dname=value");
		assertThat(options.properties()).containsExactly("name=value");
		assertThat(options.serverCore()).isEqualTo(3);
		assertThat(options.loadCore()).isEqualTo(2);
		assertThat(options.scenarios()).extracting(Scenario::name).containsExactly("list-10");
	}

	@Test
	void scenarioInTwoGroupsIsRunOnce() {
		assertThat(parse("threads", "stateless", "bodies").scenarios()).extracting(Scenario::name)
			.containsExactly("stateless", "body-10k", "body-1m", "virtual-threads", "streamable",
					"streamable-virtual-threads");
	}

	@Test
	void memoryOptionIsParsed() {
		assertThat(parse("memory").memory()).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "--unknown=1", "unknown", "--starts=0", "--rounds=0", "--rounds=x", "--round=",
			"--round=0", "--connections=0", "--servers=unknown", "--cores=0", "--cores=1,1", "--cores=0,1,2",
			"--cores=x,1" })
	void invalidArgumentIsRefused(String arg) {
		assertThatIllegalArgumentException().isThrownBy(() -> parse(arg));
	}

	private static Options parse(String... args) {
		return Options.parse(args);
	}

}
