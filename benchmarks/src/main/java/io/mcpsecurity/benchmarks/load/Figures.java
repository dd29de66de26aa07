package io.mcpsecurity.benchmarks.load;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

import io.mcpsecurity.benchmarks.load.LoadTool.Outcome;
import io.mcpsecurity.benchmarks.load.ServerProcess.Usage;

/**
 * What was measured of one server in one scenario.
 *
 * @param perSecond requests answered in a second
 * @param p50 half of them took at most so many milliseconds
 * @param p99 ninety-nine of a hundred took at most so many milliseconds
 * @param cpu microseconds of processor time for each
 * @param allocated kilobytes allocated for each
 * @param compilers the part of the processor time that the compilers took, of 1
 * @param collector the part of the processor time that the garbage collector took, of 1
 * @param others the part of the time, of 1, in which others had the server's core
 * @param wrong how many requests were answered with another status than expected, or not
 * at all
 */
record Figures(double perSecond, double p50, double p99, double cpu, double allocated, double compilers,
		double collector, double others, long wrong) {

	static Figures of(Outcome outcome, Usage used, double others, int expectedStatus) {
		long expectedRefusals = (expectedStatus < 400) ? 0 : outcome.requests();
		return new Figures(outcome.perSecond(), outcome.p50() / 1000, outcome.p99() / 1000,
				used.cpu() / 1000.0 / outcome.requests(), used.allocated() / 1024.0 / outcome.requests(),
				(double) used.compilers() / used.cpu(), (double) used.collector() / used.cpu(), Math.max(0, others),
				Math.abs(expectedRefusals - outcome.refused()) + outcome.failed());
	}

	/**
	 * The median of each figure, but the most of what disturbs the others.
	 */
	static Figures median(List<Figures> rounds) {
		return new Figures(median(rounds, Figures::perSecond), median(rounds, Figures::p50),
				median(rounds, Figures::p99), median(rounds, Figures::cpu), median(rounds, Figures::allocated),
				most(rounds, Figures::compilers), median(rounds, Figures::collector), most(rounds, Figures::others),
				rounds.stream().mapToLong(Figures::wrong).sum());
	}

	String inShort() {
		return "%.0f/s, p99 %.1f ms, %.0f µs, %.1f KB, compilers %.1f %%, others %.0f %%".formatted(this.perSecond,
				this.p99, this.cpu, this.allocated, this.compilers * 100, this.others * 100);
	}

	private static double most(List<Figures> rounds, ToDoubleFunction<Figures> figure) {
		return rounds.stream().mapToDouble(figure).max().orElse(Double.NaN);
	}

	private static double median(List<Figures> rounds, ToDoubleFunction<Figures> figure) {
		return median(rounds.stream().mapToDouble(figure));
	}

	static double median(DoubleStream values) {
		double[] sorted = values.sorted().toArray();
		int middle = sorted.length / 2;
		return (sorted.length % 2 == 1) ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
	}

}
