package io.mcpsecurity.benchmarks.load;

import org.junit.jupiter.api.Test;

import static io.mcpsecurity.benchmarks.load.ServerKind.STARTER;
import static io.mcpsecurity.benchmarks.load.ServerKind.UNSECURED;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What servers are told, so that they do what a scenario is about.
 */
class SettingTests {

	private static final String CACHE = "mcp-security.token.cache.max-size";

	private static final String LIMIT = "mcp-security.rate-limit.authentication-failures.enabled";

	@Test
	void starterUsesCacheAndLimitsUnlessDisabled() {
		assertThat(Setting.STATELESS.properties(STARTER)).containsEntry(CACHE, "10000").containsEntry(LIMIT, "true");
		assertThat(Setting.STATELESS.withoutCache().properties(STARTER)).containsEntry(CACHE, "0")
			.containsEntry(LIMIT, "true");
		assertThat(Setting.STATELESS.withoutLimits().properties(STARTER)).containsEntry(CACHE, "10000")
			.containsEntry(LIMIT, "false");
	}

	@Test
	void starterHasConfiguredNumberOfRules() {
		assertThat(Setting.STATELESS.withRules(2).properties(STARTER))
			.containsEntry("mcp-security.policy.rules[1].tools", "other-1");
	}

	@Test
	void unsecuredServerHasNoSecurityProperties() {
		assertThat(Setting.STATELESS.withTools(8).withRules(2).properties(UNSECURED))
			.containsEntry("benchmark.tools", "8")
			.containsEntry("spring.ai.mcp.server.protocol", "STATELESS")
			.allSatisfy((name, value) -> assertThat(name).doesNotStartWith("mcp-security"));
	}

}
