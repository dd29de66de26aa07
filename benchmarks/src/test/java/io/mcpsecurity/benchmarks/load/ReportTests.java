package io.mcpsecurity.benchmarks.load;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is compared with what.
 */
class ReportTests {

	private final Locale locale = Locale.getDefault();

	private final ByteArrayOutputStream out = new ByteArrayOutputStream();

	private final Report report = new Report(new PrintStream(this.out, true, StandardCharsets.UTF_8));

	@BeforeEach
	void speakEnglish() {
		Locale.setDefault(Locale.ROOT);
	}

	@AfterEach
	void speakAsBefore() {
		Locale.setDefault(this.locale);
	}

	/**
	 * On a machine that is twice as fast at one start as at another, medians of servers
	 * taken over all starts can be of different starts.
	 */
	@Test
	void serversAreComparedWithinOneStart() {
		this.report.print(scenario("stateless"),
				List.of(start(1000, 50, 500, 100), start(2000, 25, 1200, 40), start(1500, 30, 600, 75)));
		this.report.printReach();
		assertThat(lines()).contains("| throughput, starter / unsecured | 0.50 | 0.40 to 0.60 | ≥ 0.80 |",
				"| CPU per call above unsecured, µs | 45.00 | 15.00 to 50.00 | ≤ 30 |",
				"| throughput, starter / peer, RS256 | not measured | | ≥ 3 |");
	}

	@Test
	void aScenarioIsComparedWithTheUnsecuredServerWhereThatWasMeasured() {
		this.report.print(scenario("stateless"), List.of(start(1000, 50, 500, 110)));
		this.report.print(scenario("uncached"), List.of(Map.of(ServerKind.STARTER, figures(200, 300))));
		assertThat(lines())
			.anyMatch((line) -> line.startsWith("| starter | 500 |") && line.endsWith("| 0.50 | 60.0 | 0.0 |"))
			.anyMatch((line) -> line.startsWith("| unsecured | 1000 |") && line.endsWith("|  |  |  |"))
			.anyMatch((line) -> line.startsWith("| starter | 200 |") && line.endsWith("|  |  |  |"));
	}

	@Test
	void verifyingIsWhatATokenCostsThatIsNotRemembered() {
		this.report.print(scenario("stateless"), List.of(start(1000, 50, 500, 110)));
		this.report.print(scenario("uncached"), List.of(Map.of(ServerKind.STARTER, figures(200, 300))));
		this.report.print(scenario("many-tokens"), List.of(start(1000, 50, 400, 120)));
		this.report.printReach();
		assertThat(lines())
			.contains("| 10,000 different tokens: CPU above unsecured, µs | 70.00 | 70.00 to 70.00 | ≤ 190 + 40 |");
	}

	@Test
	void wrongAnswersAreSaidBesideTheServer() {
		this.report.print(scenario("flood-forged"),
				List.of(Map.of(ServerKind.STARTER, new Figures(1, 1, 1, 1, 1, 0, 0, 0, 7))));
		assertThat(lines()).anyMatch((line) -> line.startsWith("| starter (7 wrong answers) |"));
	}

	private static Map<ServerKind, Figures> start(double unsecured, double cpu, double starter, double starterCpu) {
		return Map.of(ServerKind.UNSECURED, figures(unsecured, cpu), ServerKind.STARTER, figures(starter, starterCpu));
	}

	private static Figures figures(double perSecond, double cpu) {
		return new Figures(perSecond, 1, 1, cpu, 30, 0, 0, 0, 0);
	}

	private static Scenario scenario(String name) {
		return Scenario.of(List.of(name)).get(0);
	}

	private List<String> lines() {
		return Arrays.asList(this.out.toString(StandardCharsets.UTF_8).split(System.lineSeparator()));
	}

}
