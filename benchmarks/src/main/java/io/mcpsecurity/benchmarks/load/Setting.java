package io.mcpsecurity.benchmarks.load;

import java.util.HashMap;
import java.util.Map;

/**
 * The settings of the servers for a scenario. Scenarios with the same setting share the
 * servers.
 *
 * @param protocol the value of {@code spring.ai.mcp.server.protocol}
 * @param tools the number of additional tools
 * @param rules the number of configured rules of the starter, none of which matches
 * @param unlimited whether the starter verifies every token, without a limit of refused
 * tokens
 * @param uncached whether the starter verifies the same token again for each request
 * @param opaque whether tokens are introspected
 * @param virtualThreads whether requests are served by virtual threads
 */
record Setting(String protocol, int tools, int rules, boolean unlimited, boolean uncached, boolean opaque,
		boolean virtualThreads) {

	static final Setting STATELESS = new Setting("STATELESS", 0, 0, false, false, false, false);

	static final Setting STREAMABLE = new Setting("STREAMABLE", 0, 0, false, false, false, false);

	Setting withTools(int tools) {
		return new Setting(this.protocol, tools, this.rules, this.unlimited, this.uncached, this.opaque,
				this.virtualThreads);
	}

	Setting withRules(int rules) {
		return new Setting(this.protocol, this.tools, rules, this.unlimited, this.uncached, this.opaque,
				this.virtualThreads);
	}

	Setting withoutLimits() {
		return new Setting(this.protocol, this.tools, this.rules, true, this.uncached, this.opaque,
				this.virtualThreads);
	}

	Setting withoutCache() {
		return new Setting(this.protocol, this.tools, this.rules, this.unlimited, true, this.opaque,
				this.virtualThreads);
	}

	Setting withOpaqueTokens() {
		return new Setting(this.protocol, this.tools, this.rules, this.unlimited, this.uncached, true,
				this.virtualThreads);
	}

	Setting withVirtualThreads() {
		return new Setting(this.protocol, this.tools, this.rules, this.unlimited, this.uncached, this.opaque, true);
	}

	boolean hasSessions() {
		return this.protocol.equals("STREAMABLE");
	}

	Map<String, String> properties(ServerKind kind) {
		Map<String, String> properties = new HashMap<>();
		properties.put("spring.ai.mcp.server.protocol", this.protocol);
		properties.put("spring.threads.virtual.enabled", String.valueOf(this.virtualThreads));
		properties.put("benchmark.tools", String.valueOf(this.tools));
		if (kind == ServerKind.STARTER) {
			properties.put("mcp-security.rate-limit.authentication-failures.enabled", String.valueOf(!this.unlimited));
			properties.put("mcp-security.token.cache.max-size", this.uncached ? "0" : "10000");
			// All sessions belong to one caller here.
			properties.put("mcp-security.sessions.max", "30000");
			properties.put("mcp-security.sessions.max-per-caller", "30000");
			for (int i = 0; i < this.rules; i++) {
				properties.put("mcp-security.policy.rules[%d].tools".formatted(i), "other-" + i);
				properties.put("mcp-security.policy.rules[%d].scopes".formatted(i), "bench:other-" + i);
			}
		}
		return properties;
	}

}
