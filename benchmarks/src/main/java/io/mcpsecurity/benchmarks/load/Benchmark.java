package io.mcpsecurity.benchmarks.load;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import io.mcpsecurity.benchmarks.load.Issuer.TokenKind;
import io.mcpsecurity.benchmarks.load.LoadTool.Outcome;
import io.mcpsecurity.benchmarks.load.ServerProcess.Usage;

/**
 * Runs scenarios: the servers of a setting are started side by side, warmed up one after
 * another, and measured in turns, so that other load of the machine affects all of them.
 */
final class Benchmark {

	/**
	 * With more connections, requests use the core that the compilers need, and code
	 * stays slow for minutes.
	 */
	private static final int WARM_UP_CONNECTIONS = 2;

	private static final Duration WARM_UP_ROUND = Duration.ofSeconds(3);

	/** The maximum part of the processor time that compilers use in a warm server. */
	private static final double WARM = 0.01;

	/** The maximum number of attempts for a round, if compilers use more than that. */
	private static final int ATTEMPTS = 4;

	private final Options options;

	private final Issuer issuer;

	private final Report report;

	Benchmark(Options options, Issuer issuer, Report report) {
		this.options = options;
		this.issuer = issuer;
		this.report = report;
	}

	void run() {
		Set<Setting> settings = this.options.scenarios()
			.stream()
			.map(Scenario::setting)
			.collect(Collectors.toCollection(LinkedHashSet::new));
		for (Setting setting : settings) {
			List<Scenario> scenarios = this.options.scenarios()
				.stream()
				.filter((scenario) -> scenario.setting().equals(setting))
				.toList();
			List<Map<Scenario, Map<ServerKind, Figures>>> starts = new ArrayList<>();
			while (starts.size() < this.options.starts()) {
				starts.add(measure(setting, scenarios, starts.size()));
			}
			for (Scenario scenario : scenarios) {
				this.report.print(scenario, starts.stream().map((start) -> start.get(scenario)).toList());
			}
		}
	}

	/**
	 * The figures of one start of the servers. The server that is measured first differs
	 * for each start.
	 */
	private Map<Scenario, Map<ServerKind, Figures>> measure(Setting setting, List<Scenario> scenarios, int start) {
		List<ServerKind> kinds = new ArrayList<>(this.options.kinds());
		Collections.rotate(kinds, start);
		List<ServerProcess> servers = new ArrayList<>();
		try {
			for (ServerKind kind : kinds) {
				if (scenarios.stream().anyMatch((scenario) -> scenario.isFor(kind))) {
					progress("starting " + kind.label());
					servers.add(ServerProcess.start(kind, setting, this.issuer, this.options));
				}
			}
			Map<Scenario, Map<ServerKind, Figures>> figures = new HashMap<>();
			for (Scenario scenario : scenarios) {
				figures.put(scenario, measure(scenario, servers));
			}
			return figures;
		}
		finally {
			servers.forEach(ServerProcess::close);
		}
	}

	private Map<ServerKind, Figures> measure(Scenario scenario, List<ServerProcess> servers) {
		progress(scenario.name() + ": preparing");
		List<String> tokens = this.issuer.tokens(scenario.tokens(), scenario.tokenCount(), scenario.scopes());
		LoadTool load = new LoadTool(this.options, tokens, scenario.message());
		Map<ServerKind, List<String>> sessions = new EnumMap<>(ServerKind.class);
		Map<ServerKind, List<Figures>> rounds = new EnumMap<>(ServerKind.class);
		for (ServerProcess server : servers) {
			sessions.put(server.kind(), sessions(scenario, server));
			rounds.put(server.kind(), new ArrayList<>());
			check(scenario, server, tokens.get(0), sessions.get(server.kind()));
			warmUp(scenario, server, load, sessions.get(server.kind()));
		}
		for (int round = 0; round < this.options.rounds(); round++) {
			for (ServerProcess server : servers) {
				rounds.get(server.kind()).add(round(scenario, server, load, sessions.get(server.kind()), round + 1));
			}
		}
		Map<ServerKind, Figures> medians = new EnumMap<>(ServerKind.class);
		rounds.forEach((kind, figures) -> medians.put(kind, Figures.median(figures)));
		return medians;
	}

	/**
	 * Measure a round without compilation, if there is one in four attempts: even a warm
	 * server can compile code after the other servers were measured. A round with wrong
	 * responses is always used.
	 */
	private Figures round(Scenario scenario, ServerProcess server, LoadTool load, List<String> sessions, int round) {
		for (int attempt = 1;; attempt++) {
			Figures figures = measure(scenario, server, load, sessions, this.options.connections(),
					this.options.round());
			progress("%s: round %d, attempt %d: %s: %s".formatted(scenario.name(), round, attempt,
					server.kind().label(), figures.inShort()));
			if (figures.compilers() < WARM || figures.wrong() > 0 || attempt == ATTEMPTS) {
				return figures;
			}
		}
	}

	private List<String> sessions(Scenario scenario, ServerProcess server) {
		if (!scenario.setting().hasSessions()) {
			return List.of();
		}
		String token = this.issuer.tokens(TokenKind.RS256, 1, 1).get(0);
		return new Client(server.url()).sessions(scenario.sessions(), token);
	}

	/**
	 * Check the responses, because a server that returns errors is fast.
	 */
	private static void check(Scenario scenario, ServerProcess server, String token, List<String> sessions) {
		HttpResponse<String> response = new Client(server.url()).send(scenario.message().body(),
				scenario.message().headers(), token, sessions.isEmpty() ? null : sessions.get(0));
		if (!scenario.allows(server.kind(), response.statusCode())
				|| (response.statusCode() == 200 && !response.body().contains(scenario.content(server.kind())))) {
			throw new IllegalStateException("%s: %s returns an unexpected response: %d %s".formatted(scenario.name(),
					server.kind().label(), response.statusCode(), response.body()));
		}
	}

	/**
	 * Warm up with few connections first, and then with the number that is measured, to
	 * compile code that runs only under load.
	 */
	private void warmUp(Scenario scenario, ServerProcess server, LoadTool load, List<String> sessions) {
		warmUp(scenario, server, load, sessions, WARM_UP_CONNECTIONS);
		warmUp(scenario, server, load, sessions, this.options.connections());
	}

	private void warmUp(Scenario scenario, ServerProcess server, LoadTool load, List<String> sessions,
			int connections) {
		long end = System.nanoTime() + this.options.warmUp().toNanos();
		boolean calm = false;
		while (!calm && System.nanoTime() < end) {
			Figures figures = measure(scenario, server, load, sessions, connections, WARM_UP_ROUND);
			progress("%s: warming up %s: %s".formatted(scenario.name(), server.kind().label(), figures.inShort()));
			calm = figures.compilers() < WARM;
		}
	}

	private Figures measure(Scenario scenario, ServerProcess server, LoadTool load, List<String> sessions,
			int connections, Duration duration) {
		Core core = Core.now(this.options.serverCore());
		Usage before = server.usage();
		long start = System.nanoTime();
		Outcome outcome = load.run(server.url(), sessions, connections, duration);
		Usage used = server.usage().since(before);
		double own = (double) used.cpu() / (System.nanoTime() - start);
		double others = Core.now(this.options.serverCore()).busySince(core) - own;
		return Figures.of(outcome, used, others, scenario.status(server.kind()));
	}

	private static void progress(String what) {
		System.err.println(what);
	}

}
