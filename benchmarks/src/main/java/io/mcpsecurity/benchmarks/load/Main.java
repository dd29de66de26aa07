package io.mcpsecurity.benchmarks.load;

import java.util.List;

/**
 * What {@code benchmarks/run} starts.
 */
public final class Main {

	private Main() {
	}

	/**
	 * Run what the command line says.
	 * @param args see {@code benchmarks/run --help}
	 */
	public static void main(String[] args) {
		// Requests must name the host that tokens are for.
		System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host");
		// Otherwise the issuer's answers take 40 ms each.
		System.setProperty("sun.net.httpserver.nodelay", "true");
		if (List.of(args).contains("--help")) {
			System.out.print(Options.USAGE);
			Scenario.GROUPS.forEach((group, names) -> System.out.printf("  %s: %s%n", group, String.join(" ", names)));
			return;
		}
		Options options = Options.parse(args);
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

}
