package io.mcpsecurity.benchmarks.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;

/**
 * The main class of {@code benchmarks/run}.
 */
public final class Main {

	private Main() {
	}

	/**
	 * Run the benchmarks that the command line selects.
	 * @param args see {@code benchmarks/run --help}
	 */
	public static void main(String[] args) {
		// Requests must contain the host of the audience.
		System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host");
		// Otherwise each response of the issuer takes 40 ms.
		System.setProperty("sun.net.httpserver.nodelay", "true");
		if (List.of(args).contains("--help")) {
			System.out.print(Options.USAGE);
			Scenario.GROUPS.forEach((group, names) -> System.out.printf("  %s: %s%n", group, String.join(" ", names)));
			return;
		}
		Options options = Options.parse(args);
		stayOn(options.loadCore());
		Report report = new Report(System.out);
		try (Issuer issuer = new Issuer()) {
			report.printMachine(options);
			if (options.memory()) {
				new Memory(options, issuer, System.out).run();
			}
			else {
				new Benchmark(options, issuer, report).run();
				report.printReach();
			}
		}
	}

	/**
	 * Keep this process, and the load tool that it starts, off the core of the servers.
	 */
	private static void stayOn(int core) {
		try {
			Process taskset = new ProcessBuilder("taskset", "-a", "-c", "-p", String.valueOf(core),
					String.valueOf(ProcessHandle.current().pid()))
				.redirectOutput(Redirect.DISCARD)
				.redirectError(Redirect.INHERIT)
				.start();
			if (taskset.waitFor() != 0) {
				throw new IllegalArgumentException("There is no core " + core);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
