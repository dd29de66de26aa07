package io.mcpsecurity.benchmarks.load;

import java.util.List;

import io.mcpsecurity.benchmarks.load.LoadTool.Outcome;
import io.mcpsecurity.benchmarks.load.ServerProcess.Usage;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is made of what the load tool and the server's process tell.
 */
class FiguresTests {

	@Test
	void figuresAreConvertedToUnitsPerRequest() {
		Figures figures = Figures.of(new Outcome(1000, 2_000_000, 1500, 9000, 0, 0),
				new Usage(80_000_000, 15_000_000, 5_000_000, 2_048_000), 0.02, 200);
		assertThat(figures).isEqualTo(new Figures(500, 1.5, 9, 100, 2, 0.15, 0.05, 0.02, 0));
	}

	@Test
	void responsesWithUnexpectedStatusAreCountedAsWrong() {
		assertThat(figures(100, 0, 0, 200).wrong()).isZero();
		assertThat(figures(100, 3, 0, 200).wrong()).isEqualTo(3);
		assertThat(figures(100, 100, 0, 401).wrong()).isZero();
		assertThat(figures(100, 60, 0, 401).wrong()).as("40 forged tokens were accepted").isEqualTo(40);
		assertThat(figures(100, 0, 2, 200).wrong()).as("2 were not answered").isEqualTo(2);
	}

	@Test
	void negativeCpuTimeOfOtherProcessesIsReportedAsZero() {
		assertThat(Figures.of(new Outcome(1, 1, 1, 1, 0, 0), new Usage(1, 0, 0, 0), -0.01, 200).others()).isZero();
	}

	@Test
	void medianIsTakenPerFigureAndMaximumForDisturbances() {
		Figures median = Figures.median(List.of(new Figures(100, 3, 30, 7, 50, 0.00, 0.1, 0.05, 0),
				new Figures(300, 1, 20, 9, 40, 0.02, 0.3, 0, 1), new Figures(200, 2, 10, 8, 60, 0.01, 0.2, 0.01, 2)));
		assertThat(median).isEqualTo(new Figures(200, 2, 20, 8, 50, 0.02, 0.2, 0.05, 3));
	}

	@Test
	void medianOfTwoIsTheirMean() {
		Figures one = new Figures(100, 1, 1, 1, 1, 0, 0, 0, 0);
		Figures two = new Figures(200, 2, 3, 4, 5, 0, 0, 0, 0);
		assertThat(Figures.median(List.of(one, two))).isEqualTo(new Figures(150, 1.5, 2, 2.5, 3, 0, 0, 0, 0));
	}

	private static Figures figures(long requests, long refused, long failed, int expectedStatus) {
		return Figures.of(new Outcome(requests, 1, 1, 1, refused, failed), new Usage(1, 0, 0, 0), 0, expectedStatus);
	}

}
