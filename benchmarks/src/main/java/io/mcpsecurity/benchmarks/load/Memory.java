package io.mcpsecurity.benchmarks.load;

import java.io.PrintStream;
import java.util.List;

import io.mcpsecurity.benchmarks.load.Issuer.TokenKind;

/**
 * Measures how much memory a server uses for each cached token and for each open session,
 * as the difference that many of them make to the live heap.
 */
final class Memory {

	private static final int MANY = 10_000;

	/** Enough requests to fill the buffers of recent events and meters. */
	private static final int WARM_UP = 3000;

	private final Options options;

	private final Issuer issuer;

	private final PrintStream out;

	Memory(Options options, Issuer issuer, PrintStream out) {
		this.options = options;
		this.issuer = issuer;
		this.out = out;
	}

	void run() {
		this.out.printf("%n### Memory%n%n| what | server | bytes for each of %d |%n|---|---|--:|%n", MANY);
		for (ServerKind kind : List.of(ServerKind.UNSECURED, ServerKind.STARTER)) {
			measure("cached token", kind, Setting.STATELESS, TokenKind.RS256);
			measure("session", kind, Setting.STREAMABLE, TokenKind.RS256);
		}
		measure("cached introspection", ServerKind.STARTER, Setting.STATELESS.withOpaqueTokens(), TokenKind.OPAQUE);
	}

	private void measure(String what, ServerKind kind, Setting setting, TokenKind tokens) {
		try (ServerProcess server = ServerProcess.start(kind, setting, this.issuer, this.options)) {
			Client client = new Client(server.url());
			String first = this.issuer.tokens(tokens, 1, 1).get(0);
			List<String> warm = setting.hasSessions() ? client.sessions(1, first) : List.of();
			Scenario.Message call = Scenario.Message.CALL;
			for (int i = 0; i < WARM_UP; i++) {
				client.call(call, first, warm.isEmpty() ? null : warm.get(0));
			}
			long before = server.liveHeap();
			if (setting.hasSessions()) {
				client.sessions(MANY, first);
			}
			else {
				this.issuer.tokens(tokens, MANY, 1).forEach((token) -> client.call(call, token, null));
			}
			this.out.printf("| %s | %s | %d |%n", what, kind.label(), (server.liveHeap() - before) / MANY);
			this.out.flush();
		}
	}

}
