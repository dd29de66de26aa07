package io.mcpsecurity.benchmarks.load;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

import io.mcpsecurity.benchmarks.load.LoadTool.Outcome;
import io.mcpsecurity.benchmarks.load.ServerProcess.Usage;

/**
 * The measurements of one server in one scenario.
 *
 * @param perSecond the throughput in requests per second
 * @param p50 the median response time in milliseconds
 * @param p99 the 99th percentile of the response time in milliseconds
 * @param cpu the processor time per request in microseconds
 * @param allocated the allocated memory per request in kilobytes
 * @param compilers the part of the processor time that the compilers took, of 1
 * @param collector the part of the processor time that the garbage collector took, of 1
 * @param others the part of the time, of 1, in which other processes used the server's
 * core
 * @param wrong the number of requests with an unexpected status or without a response
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
	 * The median of each figure, but the maximum of disturbances and wrong responses.
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
