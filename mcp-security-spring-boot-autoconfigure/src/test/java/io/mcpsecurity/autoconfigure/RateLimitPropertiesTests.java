package io.mcpsecurity.autoconfigure;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * The properties of limits.
 */
class RateLimitPropertiesTests {

	private static final String RULE = "mcp.security.rate-limit.rules[0].";

	private final WebApplicationContextRunner runner = new WebApplicationContextRunner()
		.withUserConfiguration(RecordsApplication.class)
		.withPropertyValues("spring.ai.mcp.server.protocol=STATELESS", "mcp.security.resource=https://mcp.example/mcp",
				"mcp.security.authorization-servers=https://login.example");

	@Test
	void byDefaultRefusedTokensAndConcurrentRequestsAreLimited() {
		this.runner.run((context) -> {
			RequestLimits limits = context.getBean(RequestLimits.class);
			assertThat(limits.counters()).extracting(LimitCounter::limit)
				.containsExactly(AuthenticationFailures.NAME, "concurrent-calls", "concurrent-streams");
		});
	}

	@Test
	void theLimitOfRefusedTokensCanBeSwitchedOff() {
		assertThat(settings("authentication-failures.enabled=false").failures()).isNull();
	}

	@Test
	void aRuleNeedsOnlyWhatItIsPerAndACapacity() {
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

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			rules[0].capacity=1                                               | rules[0].per
			rules[0].per=caller                                               | rules[0].capacity
			rules[0].per=caller,rules[0].capacity=0                           | rules[0].capacity
			rules[0].per=caller,rules[0].capacity=1000001                     | rules[0].capacity
			rules[0].per=caller,rules[0].capacity=1,rules[0].refill=0         | rules[0].refill
			rules[0].per=caller,rules[0].capacity=1,rules[0].period=999ms     | rules[0].period
			rules[0].per=caller,rules[0].capacity=1,rules[0].period=32d       | rules[0].period
			rules[0].per=everybody,rules[0].capacity=1                        | rules[0].per
			rules[0].per=caller,rules[0].capacity=1,rules[0].name=a b         | rules[0].name
			rules[0].per=caller,rules[0].capacity=1,rules[0].name=concurrent-calls | rules[0].name
			rules[0].per[0]=caller,rules[0].per[1]=address,rules[0].capacity=1 | rules[0]
			rules[0].per=caller,rules[0].capacity=1,rules[0].tools[0]=        | rules[0]
			max-concurrent-calls=0                                            | max-concurrent-calls
			max-concurrent-streams=0                                          | max-concurrent-streams
			max-buckets=0                                                     | max-buckets
			authentication-failures.capacity=0                                | authentication-failures.capacity
			authentication-failures.period=0s                                 | authentication-failures.period
			redis.timeout=0s                                                  | redis.timeout
			redis.connect-timeout=2m                                          | redis.connect-timeout
			redis.retry-interval=1ms                                          | redis.retry-interval
			redis.key-prefix=                                                 | redis.key-prefix
			store=memcached                                                   | store
			on-store-failure=perhaps                                          | on-store-failure
			""")
	void aBadValueStopsTheStartAndNamesTheProperty(String properties, String named) {
		assertThatException().isThrownBy(() -> settings(properties.trim().split(",")))
			.satisfies((failure) -> assertThat(messages(failure)).contains("mcp.security.rate-limit." + named));
	}

	@Test
	void aNameOfARuleIsTakenOnce() {
		assertThatException()
			.isThrownBy(() -> settings("rules[0].per=caller", "rules[0].capacity=1", "rules[0].name=one",
					"rules[1].per=client", "rules[1].capacity=1", "rules[1].name=one"))
			.withMessageContaining("mcp.security.rate-limit.rules[1].name");
	}

	@Test
	void redisWithoutAConnectionStopsTheStart() {
		this.runner.withPropertyValues("mcp.security.rate-limit.store=redis")
			.run((context) -> assertThat(messages(context.getStartupFailure()))
				.contains("mcp.security.rate-limit.store", "LettuceConnectionFactory"));
	}

	@Test
	void redisWithoutItsLibrariesStopsTheStart() {
		this.runner.withClassLoader(new FilteredClassLoader(AbstractRedisClient.class))
			.withPropertyValues("mcp.security.rate-limit.store=redis")
			.run((context) -> assertThat(messages(context.getStartupFailure()))
				.contains("mcp.security.rate-limit.store", "libraries"));
	}

	@Test
	void withoutTheLibrariesOfRedisAnApplicationStarts() {
		this.runner
			.withClassLoader(new FilteredClassLoader("io.lettuce", "org.springframework.data.redis",
					"org.springframework.boot.data.redis", "io.github.bucket4j.redis"))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void fixedReplicasAreNotSupported() {
		this.runner.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class))
			.withPropertyValues("mcp.security.rate-limit.store=redis",
					"spring.data.redis.masterreplica.nodes=localhost:6379")
			.run((context) -> assertThat(messages(context.getStartupFailure()))
				.contains("mcp.security.rate-limit.store", "spring.data.redis.masterreplica"));
	}

	@Test
	void anApplicationStartsWithoutRedisBeingThere() {
		this.runner.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class))
			.withPropertyValues("mcp.security.rate-limit.store=redis", "spring.data.redis.url=redis://localhost:1")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	/**
	 * The settings of properties, each {@code name=value}, as they are bound at start.
	 */
	private static RateLimitSettings settings(String... properties) {
		Map<String, String> values = new HashMap<>();
		for (String property : properties) {
			values.put("mcp.security.rate-limit." + property.substring(0, property.indexOf('=')),
					property.substring(property.indexOf('=') + 1));
		}
		return new RateLimitSettings(new Binder(List.of(new MapConfigurationPropertySource(values)), null,
				ApplicationConversionService.getSharedInstance())
			.bindOrCreate("mcp.security.rate-limit", McpSecurityProperties.RateLimit.class));
	}

	private static String messages(@Nullable Throwable failure) {
		StringBuilder messages = new StringBuilder();
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			messages.append(cause.getMessage()).append('\n');
		}
		return messages.toString();
	}

}
