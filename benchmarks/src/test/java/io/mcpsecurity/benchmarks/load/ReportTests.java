package io.mcpsecurity.benchmarks.load;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import static io.mcpsecurity.benchmarks.load.ServerKind.PEER;
import static io.mcpsecurity.benchmarks.load.ServerKind.STARTER;
import static io.mcpsecurity.benchmarks.load.ServerKind.UNSECURED;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is compared with what.
 */
class ReportTests {

	private final ByteArrayOutputStream out = new ByteArrayOutputStream();

	private final Report report = new Report(new PrintStream(this.out, true, StandardCharsets.UTF_8));

	/**
	 * Machines are faster at one time than at another: the median of one server can be of
	 * another start than that of the other.
	 */
	@Test
	void ratiosAreCalculatedPerStart() {
		print("stateless",
				List.of(Map.of(UNSECURED, figures(1000, 1, 50, 30), STARTER, figures(500, 1, 60, 30)),
						Map.of(UNSECURED, figures(2000, 1, 25, 30), STARTER, figures(1200, 1, 70, 30)),
						Map.of(UNSECURED, figures(1500, 1, 30, 30), STARTER, figures(600, 1, 75, 30))));
		this.report.printReach();
		assertThat(lines()).contains("| throughput, starter / unsecured, STATELESS | 0.50 | 0.40 to 0.60 | ≥ 0.90 |",
				"| CPU per call above unsecured, µs | 45.00 | 10.00 to 45.00 |  |");
	}

	@Test
	void reportContainsFiguresOfEachScenarioAndServer() {
		print("stateless", List.of(Map.of(UNSECURED, figures(1000, 2, 50, 30), PEER, figures(200, 9, 300, 90), STARTER,
				figures(800, 3, 70, 36))));
		print("modern", List.of(Map.of(STARTER, figures(625, 3, 73, 40))));
		print("es256", List.of(Map.of(UNSECURED, figures(1000, 2, 50, 30), PEER, figures(50, 9, 900, 90), STARTER,
				figures(600, 3, 70, 36))));
		print("many-tokens", List.of(Map.of(UNSECURED, figures(1000, 2, 50, 30), STARTER, figures(700, 3, 85, 36))));
		print("uncached", List.of(Map.of(STARTER, figures(300, 9, 260, 90))));
		print("flood-forged", List.of(Map.of(UNSECURED, figures(1000, 2, 50, 30), STARTER, figures(700, 3, 60, 20))));
		print("body-1m", List.of(Map.of(UNSECURED, figures(110, 2, 5000, 30), STARTER, figures(100, 3, 6000, 20))));
		this.report.printReach();
		assertThat(lines()).contains("| throughput, starter / unsecured, STATELESS | 0.80 | 0.80 to 0.80 | ≥ 0.90 |",
				"| throughput, starter / peer, RS256 | 4.00 | 4.00 to 4.00 | ≥ 3 |",
				"| throughput, starter / peer, ES256 | 12.00 | 12.00 to 12.00 | ≥ 10 |",
				"| CPU per call above unsecured, µs | 20.00 | 20.00 to 20.00 |  |",
				"| MCP 2026-07-28: CPU per call above STATELESS, µs | 3.00 | 3.00 to 3.00 | ≤ 5 |",
				"| MCP 2026-07-28: time per call above STATELESS, µs | 350.00 | 350.00 to 350.00 |  |",
				"| p99, starter / unsecured | 1.50 | 1.50 to 1.50 | ≤ 1.5 |",
				"| 10,000 different tokens: CPU above unsecured, µs | 35.00 | 35.00 to 35.00 | ≤ 190 + 40 |",
				"| allocation above unsecured, KB | 6.00 | 6.00 to 6.00 | ≤ 4 |",
				"| flood of bad tokens: CPU per refused request / unsecured call | 1.20 | 1.20 to 1.20 | ≤ 0.7 |",
				"| body of 1 MB: time, starter / unsecured | 1.10 | 1.10 to 1.10 | ≤ 1.00 |");
	}

	@Test
	void whenScenarioWasNotMeasuredThenReportContainsNotMeasured() {
		print("stateless", List.of(Map.of(UNSECURED, figures(1000, 2, 50, 30), STARTER, figures(800, 3, 70, 36))));
		this.report.printReach();
		assertThat(lines()).contains("| throughput, starter / peer, RS256 | not measured | | ≥ 3 |",
				"| 10,000 different tokens: CPU above unsecured, µs | not measured | | ≤ verification + 40 |");
	}

	@Test
	void ratioIsPrintedOnlyWhenUnsecuredServerWasMeasured() {
		print("stateless", List.of(Map.of(UNSECURED, figures(1000, 2, 50, 30), STARTER, figures(500, 3, 110, 36))));
		print("uncached", List.of(Map.of(STARTER, figures(200, 9, 300, 90))));
		assertThat(lines())
			.anyMatch((line) -> line.startsWith("| starter | 500 |") && line.endsWith("| 0.50 | 60.0 | 6.0 |"))
			.anyMatch((line) -> line.startsWith("| unsecured | 1000 |") && line.endsWith("|  |  |  |"))
			.anyMatch((line) -> line.startsWith("| starter | 200 |") && line.endsWith("|  |  |  |"));
	}

	@Test
	void numberOfWrongResponsesIsPrintedWithServer() {
		print("flood-forged", List.of(Map.of(STARTER, new Figures(1, 1, 1, 1, 1, 0, 0, 0, 7))));
		assertThat(lines()).anyMatch((line) -> line.startsWith("| starter (7 wrong answers) |"));
	}

	private void print(String scenario, List<Map<ServerKind, Figures>> starts) {
		this.report.print(Scenario.of(List.of(scenario)).get(0), starts);
	}

	private static Figures figures(double perSecond, double p99, double cpu, double allocated) {
		return new Figures(perSecond, 1, p99, cpu, allocated, 0, 0, 0, 0);
	}

	private List<String> lines() {
		return Arrays.asList(this.out.toString(StandardCharsets.UTF_8).split(System.lineSeparator()));
	}

}
