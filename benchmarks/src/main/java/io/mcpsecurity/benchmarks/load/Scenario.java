package io.mcpsecurity.benchmarks.load;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.benchmarks.load.Issuer.TokenKind;

/**
 * A benchmark scenario.
 *
 * @param name the name on the command line
 * @param setting the settings of the servers
 * @param tokens the kind of the tokens in requests
 * @param tokenCount the number of different tokens, used in turns
 * @param scopes the number of scopes of each token
 * @param sessions the number of open sessions, if the protocol has sessions
 * @param message the message of the requests
 */
record Scenario(String name, Setting setting, TokenKind tokens, int tokenCount, int scopes, int sessions,
		Message message) {

	private static final Scenario HOT = new Scenario("stateless", Setting.STATELESS, TokenKind.RS256, 1, 1, 1,
			Message.CALL);

	private static final Scenario STREAMABLE = HOT.with("streamable", Setting.STREAMABLE);

	/**
	 * All scenarios, in an order that needs few starts of servers.
	 */
	static final List<Scenario> ALL = List.of(HOT, HOT.with("modern", Message.MODERN_CALL),
			HOT.with("es256", TokenKind.ES256, 1), HOT.with("many-tokens", TokenKind.RS256, 10_000),
			HOT.with("uncached", Setting.STATELESS.withoutCache()), HOT.with("body-10k", Message.CALL_10K),
			HOT.with("body-1m", Message.CALL_1M), HOT.with("denied", Message.FORBIDDEN_CALL),
			HOT.withScopes("scopes-100", 100), HOT.with("flood-forged", TokenKind.FORGED, 1000),
			HOT.with("flood-expired", TokenKind.EXPIRED, 1000), HOT.with("flood-malformed", TokenKind.MALFORMED, 1000),
			HOT.with("verified-flood-forged", Setting.STATELESS.withoutLimits())
				.with("verified-flood-forged", TokenKind.FORGED, 1000),
			HOT.with("verified-flood-expired", Setting.STATELESS.withoutLimits())
				.with("verified-flood-expired", TokenKind.EXPIRED, 1000),
			HOT.with("list-10", Setting.STATELESS.withTools(8)).with("list-10", Message.LIST),
			HOT.with("tools-1000", Setting.STATELESS.withTools(998)),
			HOT.with("list-1000", Setting.STATELESS.withTools(998)).with("list-1000", Message.LIST),
			HOT.with("rules-100", Setting.STATELESS.withRules(100)),
			HOT.with("rules-1000", Setting.STATELESS.withRules(1000)),
			HOT.with("virtual-threads", Setting.STATELESS.withVirtualThreads()),
			HOT.with("opaque", Setting.STATELESS.withOpaqueTokens()).with("opaque", TokenKind.OPAQUE, 1), STREAMABLE,
			STREAMABLE.with("streamable-es256", TokenKind.ES256, 1),
			STREAMABLE.with("streamable-many-tokens", TokenKind.RS256, 10_000),
			STREAMABLE.withSessions("sessions-1000", 1000), STREAMABLE.withSessions("sessions-10000", 10_000),
			STREAMABLE.with("streamable-virtual-threads", Setting.STREAMABLE.withVirtualThreads()));

	/**
	 * Scenarios by topic.
	 */
	static final Map<String, List<String>> GROUPS = groups();

	private static Map<String, List<String>> groups() {
		Map<String, List<String>> groups = new LinkedHashMap<>();
		groups.put("reach", List.of("stateless", "modern", "streamable", "es256", "many-tokens", "uncached", "body-1m",
				"list-1000", "flood-forged"));
		groups.put("revisions", List.of("stateless", "modern"));
		groups.put("bodies", List.of("stateless", "body-10k", "body-1m"));
		groups.put("floods", List.of("flood-forged", "flood-expired", "flood-malformed", "verified-flood-forged",
				"verified-flood-expired", "denied"));
		groups.put("growth", List.of("stateless", "many-tokens", "scopes-100", "tools-1000", "list-10", "list-1000",
				"rules-100", "rules-1000", "streamable", "sessions-1000", "sessions-10000"));
		groups.put("threads", List.of("stateless", "virtual-threads", "streamable", "streamable-virtual-threads"));
		groups.put("all", ALL.stream().map(Scenario::name).toList());
		return groups;
	}

	/**
	 * The scenarios with the given names, which can be names of groups, without
	 * duplicates.
	 * @throws IllegalArgumentException if there is no such scenario
	 */
	static List<Scenario> of(List<String> names) {
		List<String> wanted = new ArrayList<>();
		for (String name : names) {
			if (!GROUPS.containsKey(name) && ALL.stream().noneMatch((scenario) -> scenario.name().equals(name))) {
				throw new IllegalArgumentException("No scenario " + name + ". There are "
						+ ALL.stream().map(Scenario::name).toList() + " and the groups " + GROUPS.keySet());
			}
			wanted.addAll(GROUPS.getOrDefault(name, List.of(name)));
		}
		return ALL.stream().filter((scenario) -> wanted.contains(scenario.name())).toList();
	}

	private Scenario with(String name, Setting setting) {
		return new Scenario(name, setting, this.tokens, this.tokenCount, this.scopes, this.sessions, this.message);
	}

	private Scenario with(String name, TokenKind tokens, int count) {
		return new Scenario(name, this.setting, tokens, count, this.scopes, this.sessions, this.message);
	}

	private Scenario with(String name, Message message) {
		return new Scenario(name, this.setting, this.tokens, this.tokenCount, this.scopes, this.sessions, message);
	}

	private Scenario withScopes(String name, int scopes) {
		return new Scenario(name, this.setting, this.tokens, this.tokenCount, scopes, this.sessions, this.message);
	}

	private Scenario withSessions(String name, int sessions) {
		return new Scenario(name, this.setting, this.tokens, this.tokenCount, this.scopes, sessions, this.message);
	}

	/**
	 * Whether a server supports the scenario's setting, and the setting makes a
	 * difference for it.
	 */
	boolean isFor(ServerKind kind) {
		return (this.setting.uncached() || this.message == Message.MODERN_CALL) ? kind == ServerKind.STARTER
				: !this.setting.opaque() || kind != ServerKind.PEER;
	}

	/**
	 * The expected HTTP status of a server's responses.
	 */
	int status(ServerKind kind) {
		if (kind == ServerKind.UNSECURED || kind == ServerKind.OBSERVED) {
			return 200;
		}
		return switch (this.tokens) {
			case EXPIRED, FORGED, MALFORMED -> 401;
			default -> (kind == ServerKind.STARTER && this.message == Message.FORBIDDEN_CALL) ? 403 : 200;
		};
	}

	/**
	 * Whether a status is allowed for a server: the expected status, or 429 for clients
	 * that repeatedly send invalid tokens.
	 */
	boolean allows(ServerKind kind, int status) {
		int expected = status(kind);
		return status == expected || (expected == 401 && status == 429);
	}

	/**
	 * The expected content of a server's response with status 200.
	 */
	String content(ServerKind kind) {
		boolean denied = this.message == Message.FORBIDDEN_CALL && kind != ServerKind.UNSECURED
				&& kind != ServerKind.OBSERVED;
		return denied ? "\"isError\":true" : this.message.content();
	}

	/**
	 * The messages of requests.
	 */
	enum Message {

		/** A call in a body of 200 bytes. */
		CALL("length", 200),

		/** {@link #CALL} in the form of MCP 2026-07-28. */
		MODERN_CALL("length", 200) {

			@Override
			Map<String, String> headers() {
				return Map.of(PROTOCOL_VERSION, MODERN, "Mcp-Method", "tools/call", "Mcp-Name", "length");
			}

			@Override
			String body() {
				return super.body().replace("\"params\":{",
						"\"params\":{\"_meta\":{\"" + PREFIX + "protocolVersion\":\"" + MODERN + "\",\"" + PREFIX
								+ "clientInfo\":{\"name\":\"benchmark\",\"version\":\"1\"},\"" + PREFIX
								+ "clientCapabilities\":{}},");
			}

		},

		/** A call in a body of 10 kB. */
		CALL_10K("length", 10_000),

		/** A call in a body of 1 MB. */
		CALL_1M("length", 1_000_000),

		/** A call in a body of 200 bytes to which no token grants access. */
		FORBIDDEN_CALL("forbidden", 200),

		/** The list of tools. */
		LIST("", 0);

		private static final String PROTOCOL_VERSION = "MCP-Protocol-Version";

		private static final String MODERN = "2026-07-28";

		private static final String PREFIX = "io.modelcontextprotocol/";

		private final String body;

		Message(String tool, int size) {
			this.body = tool.isEmpty() ? "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}" : call(tool, size);
		}

		private static String call(String tool, int size) {
			String call = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\",\"arguments\":{\"text\":\"%s\"}}}";
			return call.formatted(tool, "x".repeat(size - call.formatted(tool, "").length()));
		}

		/**
		 * The expected content of a response: the length of the text, or a tool.
		 */
		String content() {
			int text = this.body.lastIndexOf('"') - this.body.lastIndexOf('"', this.body.lastIndexOf('"') - 1) - 1;
			return (this == LIST) ? "\"length\"" : "\"" + text + "\"";
		}

		String body() {
			return this.body;
		}

		/**
		 * The headers that depend on the message.
		 */
		Map<String, String> headers() {
			return Map.of(PROTOCOL_VERSION, "2025-11-25");
		}

	}

}
