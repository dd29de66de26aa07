package io.mcpsecurity.benchmarks.load;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;

/**
 * Prints what was measured, in Markdown.
 */
final class Report {

	private final PrintStream out;

	private final Map<String, List<Map<ServerKind, Figures>>> results = new HashMap<>();

	Report(PrintStream out) {
		this.out = out;
	}

	/**
	 * Print the machine and the settings of the measurement.
	 */
	void printMachine(Options options) {
		this.out.printf("%s, %s, %d cores, %s, Java %s%n", LocalDate.now(), processor(), cores(),
				System.getProperty("os.name"), java(options));
		if (!options.memory()) {
			this.out.printf("Medians of %d starts and %d rounds of %d s, %d connections%n", options.starts(),
					options.rounds(), options.round().toSeconds(), options.connections());
		}
	}

	private static String processor() {
		return lines(Path.of("/proc/cpuinfo")).stream()
			.filter((line) -> line.startsWith("model name"))
			.map((line) -> line.substring(line.indexOf(':') + 1).strip())
			.findFirst()
			.orElse("unknown processor");
	}

	/**
	 * The cores of the machine, of which this process uses only one.
	 */
	private static long cores() {
		return lines(Path.of("/proc/cpuinfo")).stream().filter((line) -> line.startsWith("processor")).count();
	}

	private static String java(Options options) {
		return lines(options.java().resolve("release")).stream()
			.filter((line) -> line.startsWith("JAVA_VERSION="))
			.map((line) -> line.substring(line.indexOf('=') + 1).replace("\"", ""))
			.findFirst()
			.orElse("unknown");
	}

	private static List<String> lines(Path file) {
		try {
			return Files.readAllLines(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Print the figures of a scenario, compared with those of the unsecured server.
	 * @param scenario the scenario
	 * @param starts the figures of each start of the servers
	 */
	void print(Scenario scenario, List<Map<ServerKind, Figures>> starts) {
		this.results.put(scenario.name(), starts);
		Map<ServerKind, Figures> figures = new EnumMap<>(ServerKind.class);
		starts.get(0)
			.keySet()
			.forEach((kind) -> figures.put(kind,
					Figures.median(starts.stream().map((start) -> start.get(kind)).toList())));
		this.out.printf("%n### %s%n%n", scenario.name());
		this.out.println(
				"| server | requests/s | p50 ms | p99 ms | CPU µs | KB | compilers | collector | others | throughput, of unsecured | CPU above unsecured, µs | KB above |");
		this.out.println("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
		Figures base = figures.get(ServerKind.UNSECURED);
		figures.forEach((kind, of) -> this.out.printf(Locale.ROOT,
				"| %s%s | %.0f | %.2f | %.1f | %.1f | %.1f | %.1f %% | %.1f %% | %.1f %% | %s | %s | %s |%n",
				kind.label(), (of.wrong() > 0) ? " (" + of.wrong() + " wrong answers)" : "", of.perSecond(), of.p50(),
				of.p99(), of.cpu(), of.allocated(), of.compilers() * 100, of.collector() * 100, of.others() * 100,
				compared(base, of, "%.2f", (a, b) -> b.perSecond() / a.perSecond()),
				compared(base, of, "%.1f", (a, b) -> b.cpu() - a.cpu()),
				compared(base, of, "%.1f", (a, b) -> b.allocated() - a.allocated())));
		this.out.flush();
	}

	private static String compared(@Nullable Figures base, Figures of, String format,
			ToDoubleBiFunction<Figures, Figures> comparison) {
		return (base == null || base == of) ? ""
				: String.format(Locale.ROOT, format, comparison.applyAsDouble(base, of));
	}

	/**
	 * Print the targets of the scenarios that were run, and the range of the figures over
	 * all starts.
	 */
	void printReach() {
		this.out.printf("%n### Reach%n%n| figure | measured | of the starts | reach |%n|---|--:|--:|--:|%n");
		row("throughput, starter / unsecured, STATELESS", "≥ 0.90", "stateless", ServerKind.UNSECURED,
				(other, starter) -> starter.perSecond() / other.perSecond());
		row("throughput, starter / unsecured, STREAMABLE", "≥ 1.25", "streamable", ServerKind.UNSECURED,
				(other, starter) -> starter.perSecond() / other.perSecond());
		row("throughput, starter / peer, RS256", "≥ 3", "stateless", ServerKind.PEER,
				(other, starter) -> starter.perSecond() / other.perSecond());
		row("throughput, starter / peer, ES256", "≥ 10", "es256", ServerKind.PEER,
				(other, starter) -> starter.perSecond() / other.perSecond());
		row("CPU per call above unsecured, µs", "", "stateless", ServerKind.UNSECURED,
				(other, starter) -> starter.cpu() - other.cpu());
		row("MCP 2026-07-28: CPU per call above STATELESS, µs", "≤ 5", figures("modern", ServerKind.STARTER),
				figures("stateless", ServerKind.STARTER), (stateless, modern) -> modern.cpu() - stateless.cpu());
		row("MCP 2026-07-28: time per call above STATELESS, µs", "", figures("modern", ServerKind.STARTER),
				figures("stateless", ServerKind.STARTER),
				(stateless, modern) -> 1e6 / modern.perSecond() - 1e6 / stateless.perSecond());
		row("p99, starter / unsecured", "≤ 1.5", "stateless", ServerKind.UNSECURED,
				(other, starter) -> starter.p99() / other.p99());
		row("10,000 different tokens: CPU above unsecured, µs", "≤ %s + 40".formatted(verification()), "many-tokens",
				ServerKind.UNSECURED, (other, starter) -> starter.cpu() - other.cpu());
		row("allocation above unsecured, KB", "≤ 4", "stateless", ServerKind.UNSECURED,
				(other, starter) -> starter.allocated() - other.allocated());
		row("body of 1 MB: time, starter / unsecured", "≤ 1.00", "body-1m", ServerKind.UNSECURED,
				(other, starter) -> other.perSecond() / starter.perSecond());
		row("tools/list of 1,000 tools: CPU, starter / unsecured", "≤ 1.10", "list-1000", ServerKind.UNSECURED,
				(other, starter) -> starter.cpu() / other.cpu());
		row("flood of bad tokens: CPU per refused request / unsecured call", "≤ 0.7", "flood-forged",
				ServerKind.UNSECURED, (other, starter) -> starter.cpu() / other.cpu());
		this.out.flush();
	}

	/**
	 * The time to verify a token, in microseconds.
	 */
	private String verification() {
		List<Figures> cached = figures("stateless", ServerKind.STARTER);
		List<Figures> verified = figures("uncached", ServerKind.STARTER);
		return (cached.isEmpty() || verified.isEmpty()) ? "verification"
				: "%.0f".formatted(Figures.median(verified).cpu() - Figures.median(cached).cpu());
	}

	private void row(String figure, String reach, String scenario, ServerKind other,
			ToDoubleBiFunction<Figures, Figures> comparison) {
		row(figure, reach, figures(scenario, ServerKind.STARTER), figures(scenario, other), comparison);
	}

	private void row(String figure, String reach, List<Figures> starter, List<Figures> others,
			ToDoubleBiFunction<Figures, Figures> comparison) {
		if (starter.isEmpty() || others.isEmpty()) {
			this.out.printf("| %s | not measured | | %s |%n", figure, reach);
			return;
		}
		// Per start, because the speed of the machine can differ between starts.
		double[] starts = IntStream.range(0, starter.size())
			.mapToDouble((i) -> comparison.applyAsDouble(others.get(i), starter.get(i)))
			.sorted()
			.toArray();
		this.out.printf(Locale.ROOT, "| %s | %.2f | %.2f to %.2f | %s |%n", figure,
				Figures.median(DoubleStream.of(starts)), starts[0], starts[starts.length - 1], reach);
	}

	/**
	 * The figures of a server in a scenario for each start; empty if it was not run.
	 */
	private List<Figures> figures(String scenario, ServerKind kind) {
		return this.results.getOrDefault(scenario, List.of())
			.stream()
			.filter((start) -> start.containsKey(kind))
			.map((start) -> start.get(kind))
			.toList();
	}

}
