package io.mcpsecurity.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import io.lettuce.core.AbstractRedisClient;
import io.mcpsecurity.ratelimit.AuthenticationFailures;
import io.mcpsecurity.ratelimit.Budget;
import io.mcpsecurity.ratelimit.LimitCounter;
import io.mcpsecurity.ratelimit.LimitRule;
import io.mcpsecurity.ratelimit.LimitRule.Per;
import io.mcpsecurity.ratelimit.RequestLimits;
import io.mcpsecurity.test.RecordsApplication;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * The properties of limits.
 */
class RateLimitPropertiesTests {

	private static final String RULE = "mcp-security.rate-limit.rules[0].";

	private final WebApplicationContextRunner runner = new WebApplicationContextRunner()
		.withUserConfiguration(RecordsApplication.class)
		.withPropertyValues("spring.ai.mcp.server.protocol=STATELESS", "mcp-security.resource=https://mcp.example/mcp",
				"mcp-security.authorization-servers=https://login.example");

	@Test
	void authenticationFailuresAndConcurrentRequestsAreLimitedByDefault() {
		this.runner.run((context) -> {
			RequestLimits limits = context.getBean(RequestLimits.class);
			assertThat(limits.counters()).extracting(LimitCounter::limit)
				.containsExactly(AuthenticationFailures.NAME, "concurrent-calls", "concurrent-streams");
		});
	}

	@Test
	void whenAuthenticationFailureLimitDisabledThenItIsAbsent() {
		assertThat(settings("authentication-failures.enabled=false").failures()).isNull();
	}

	@Test
	void ruleRequiresOnlyPerAndCapacity() {
		assertThat(settings("rules[0].per=caller", "rules[0].capacity=10", "rules[1].per=tool,caller",
				"rules[1].capacity=5", "rules[2].per=caller", "rules[2].capacity=1", "rules[2].refill=3",
				"rules[2].period=1h", "rules[2].tools=export")
			.rules()).containsExactly(
					new LimitRule("caller", Set.of(Per.CALLER), List.of(), new Budget(10, 10, Duration.ofMinutes(1))),
					new LimitRule("caller-tool", Set.of(Per.CALLER, Per.TOOL), List.of(),
							new Budget(5, 5, Duration.ofMinutes(1))),
					new LimitRule("caller-3", Set.of(Per.CALLER), List.of("export"),
							new Budget(1, 3, Duration.ofHours(1))));
	}

	@Test
	void duplicateRuleNameIsRefused() {
		assertThatException()
			.isThrownBy(() -> settings("rules[0].per=caller", "rules[0].capacity=1", "rules[0].name=one",
					"rules[1].per=client", "rules[1].capacity=1", "rules[1].name=one"))
			.withMessageContaining("mcp-security.rate-limit.rules[1].name");
	}

	@Test
	void whenRedisWithoutConnectionThenStartupFails() {
		this.runner.withPropertyValues("mcp-security.rate-limit.store=redis")
			.run((context) -> assertThat(messages(context.getStartupFailure()))
				.contains("mcp-security.rate-limit.store", "LettuceConnectionFactory"));
	}

	@Test
	void whenRedisWithoutLibrariesThenStartupFails() {
		this.runner.withClassLoader(new FilteredClassLoader(AbstractRedisClient.class))
			.withPropertyValues("mcp-security.rate-limit.store=redis")
			.run((context) -> assertThat(messages(context.getStartupFailure()))
				.contains("mcp-security.rate-limit.store", "libraries"));
	}

	@Test
	void whenRedisLibrariesAreMissingThenApplicationStarts() {
		this.runner
			.withClassLoader(new FilteredClassLoader("io.lettuce", "org.springframework.data.redis",
					"org.springframework.boot.data.redis", "io.github.bucket4j.redis"))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void staticMasterReplicaConnectionFailsStartup() {
		this.runner.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class))
			.withPropertyValues("mcp-security.rate-limit.store=redis",
					"spring.data.redis.masterreplica.nodes=localhost:6379")
			.run((context) -> assertThat(messages(context.getStartupFailure()))
				.contains("mcp-security.rate-limit.store", "spring.data.redis.masterreplica"));
	}

	@Test
	void whenRedisIsUnavailableThenApplicationStarts() {
		this.runner.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class))
			.withPropertyValues("mcp-security.rate-limit.store=redis", "spring.data.redis.url=redis://localhost:1")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	/**
	 * The settings of properties, each {@code name=value}, as they are bound at start.
	 */
	private static RateLimitSettings settings(String... properties) {
		return Refusal
			.checked(Stream
				.concat(Stream.of("resource=https://mcp.example/mcp", "authorization-servers=https://login.example"),
						Stream.of(properties).map((property) -> "rate-limit." + property))
				.map((property) -> "mcp-security." + property)
				.toArray(String[]::new))
			.rateLimit();
	}

	private static String messages(@Nullable Throwable failure) {
		StringBuilder messages = new StringBuilder();
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			messages.append(cause.getMessage()).append('\n');
		}
		return messages.toString();
	}

}
