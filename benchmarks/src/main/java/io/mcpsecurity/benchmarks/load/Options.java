package io.mcpsecurity.benchmarks.load;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The options of the command line.
 *
 * @param memory whether memory is measured, and nothing else
 * @param scenarios the scenarios
 * @param kinds the servers
 * @param starts how often the servers are started
 * @param rounds how often each server is measured in each scenario after each start
 * @param round the duration of a measurement
 * @param connections the number of concurrent requests
 * @param warmUp the maximum duration of the warm-up of a server
 * @param java the home of the Java that runs the servers
 * @param jvm more options of their virtual machines
 * @param properties more properties of the starter's server, {@code name=value}
 * @param serverCore the core of the servers
 * @param loadCore the core of the load tool and all other processes
 * @param classPath the whole class path
 * @param work where files are written
 */
record Options(boolean memory, List<Scenario> scenarios, List<ServerKind> kinds, int starts, int rounds, Duration round,
		int connections, Duration warmUp, Path java, List<String> jvm, List<String> properties, int serverCore,
		int loadCore, String classPath, Path work) {

	static final String USAGE = """
			Usage: benchmarks/run [options] [scenario or group ...]
			       benchmarks/run [options] memory

			  --servers=A,B      unsecured, observed, resource-server, peer, starter (default: all but observed)
			  --starts=N         how often servers are started anew (1)
			  --rounds=N         how often each server is measured in each scenario, of each start (3)
			  --round=SECONDS    for how long each time (15)
			  --connections=N    how many requests are under way at any time (16)
			  --warm-up=SECONDS  how long a server is warmed up at most, each of two times (90)
			  --java=HOME        the Java that runs the servers (the one that runs this)
			  --jvm=OPTION       one more option of their virtual machines; may be repeated
			  --property=N=V     one more property of the starter's server; may be repeated
			  --cores=S,L        the core of the servers and that of the load tool (0,1)

			""";

	static Options parse(String[] args) {
		List<String> names = new ArrayList<>();
		List<ServerKind> kinds = List.of(ServerKind.UNSECURED, ServerKind.RESOURCE_SERVER, ServerKind.PEER,
				ServerKind.STARTER);
		int starts = 1;
		int rounds = 3;
		Duration round = Duration.ofSeconds(15);
		int connections = 16;
		Duration warmUp = Duration.ofSeconds(90);
		Path java = Path.of(System.getProperty("java.home"));
		List<String> jvm = new ArrayList<>();
		List<String> properties = new ArrayList<>();
		List<Integer> cores = List.of(0, 1);
		for (String arg : args) {
			String value = arg.substring(arg.indexOf('=') + 1);
			switch (arg.startsWith("--") ? arg.replaceFirst("=.*", "") : "") {
				case "--servers" -> kinds = Arrays.stream(value.split(",")).map(ServerKind::of).toList();
				case "--starts" -> starts = Integer.parseInt(value);
				case "--rounds" -> rounds = Integer.parseInt(value);
				case "--round" -> round = Duration.ofSeconds(Long.parseLong(value));
				case "--connections" -> connections = Integer.parseInt(value);
				case "--warm-up" -> warmUp = Duration.ofSeconds(Long.parseLong(value));
				case "--java" -> java = Path.of(value);
				case "--jvm" -> jvm.add(value);
				case "--property" -> properties.add(value);
				case "--cores" -> cores = Arrays.stream(value.split(",")).map(Integer::valueOf).toList();
				case "" -> names.add(arg);
				default -> throw new IllegalArgumentException("Unknown option " + arg);
			}
		}
		if (starts < 1 || rounds < 1 || round.toSeconds() < 1 || connections < 1) {
			throw new IllegalArgumentException("Starts, rounds, their seconds, and connections must be 1 or more");
		}
		if (cores.size() != 2 || cores.get(0).equals(cores.get(1))) {
			throw new IllegalArgumentException("There must be two cores, as in --cores=0,1");
		}
		boolean memory = names.equals(List.of("memory"));
		return new Options(memory, Scenario.of((names.isEmpty() || memory) ? List.of("reach") : names), kinds, starts,
				rounds, round, connections, warmUp, java, jvm, properties, cores.get(0), cores.get(1),
				System.getProperty("java.class.path"), Path.of("target", "load").toAbsolutePath());
	}

}
