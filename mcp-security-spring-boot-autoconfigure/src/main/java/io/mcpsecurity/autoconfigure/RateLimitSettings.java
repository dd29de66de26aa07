package io.mcpsecurity.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

import io.mcpsecurity.autoconfigure.McpSecurityProperties.RateLimit;
import io.mcpsecurity.ratelimit.AuthenticationFailures;
import io.mcpsecurity.ratelimit.Budget;
import io.mcpsecurity.ratelimit.ConcurrentRequests;
import io.mcpsecurity.ratelimit.LimitRule;
import io.mcpsecurity.ratelimit.LimitRule.Per;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * The rate limits of the configuration, checked.
 */
final class RateLimitSettings {

	private static final String PREFIX = PropertyBinder.PREFIX + ".rate-limit";

	private static final String CALLS = "concurrent-calls";

	private static final String STREAMS = "concurrent-streams";

	private final RateLimit properties;

	private final List<LimitRule> rules = new ArrayList<>();

	private final @Nullable Budget failures;

	RateLimitSettings(RateLimit properties) {
		this.properties = properties;
		CheckedProperties.checkPositive(PREFIX + ".max-concurrent-calls", properties.maxConcurrentCalls());
		CheckedProperties.checkPositive(PREFIX + ".max-concurrent-streams", properties.maxConcurrentStreams());
		CheckedProperties.checkPositive(PREFIX + ".max-buckets", properties.maxBuckets());
		checkRedis(properties.redis());
		Set<String> names = new HashSet<>(Set.of(AuthenticationFailures.NAME, CALLS, STREAMS));
		for (int i = 0; i < properties.rules().size(); i++) {
			this.rules.add(rule(PREFIX + ".rules[" + i + "]", i, properties.rules().get(i), names));
		}
		RateLimit.Failures failures = properties.authenticationFailures();
		this.failures = failures.enabled()
				? budget(PREFIX + ".authentication-failures", failures.capacity(), failures.refill(), failures.period())
				: null;
	}

	List<LimitRule> rules() {
		return this.rules;
	}

	@Nullable AuthenticationFailures failures() {
		return (this.failures != null) ? new AuthenticationFailures(this.failures, this.properties.maxBuckets()) : null;
	}

	ConcurrentRequests calls() {
		return new ConcurrentRequests(CALLS, this.properties.maxConcurrentCalls());
	}

	ConcurrentRequests streams() {
		return new ConcurrentRequests(STREAMS, this.properties.maxConcurrentStreams());
	}

	private static LimitRule rule(String property, int index, RateLimit.Rule rule, Set<String> names) {
		if (rule.per().isEmpty()) {
			throw CheckedProperties.invalid(property + ".per", null,
					"It is not set, so all requests would share one bucket. Set it to what has a bucket of its own: "
							+ "caller, client, tool, address, or a list of these.");
		}
		Long capacity = rule.capacity();
		if (capacity == null) {
			throw CheckedProperties.invalid(property + ".capacity", null,
					"It is not set. Set it to the number of requests that are allowed at once.");
		}
		Budget budget = budget(property, capacity, rule.refill(), rule.period());
		EnumSet<Per> per = EnumSet.copyOf(rule.per());
		String name = name(property, index, rule.name(), per, names);
		try {
			return new LimitRule(name, per, rule.tools(), budget);
		}
		catch (IllegalArgumentException ex) {
			throw CheckedProperties.invalid(property, rule, "It is not a valid limit: " + ex.getMessage() + ".");
		}
	}

	private static String name(String property, int index, @Nullable String name, Set<Per> per, Set<String> names) {
		if (name == null) {
			String made = per.stream()
				.map((each) -> each.name().toLowerCase(Locale.ROOT))
				.collect(Collectors.joining("-"));
			return names.add(made) ? made : name(property, index, made + "-" + (index + 1), per, names);
		}
		if (!name.matches("[A-Za-z0-9_.-]{1,60}")) {
			throw CheckedProperties.invalid(property + ".name", name,
					"It is not 1 to 60 letters, digits, dots, hyphens and underscores.");
		}
		if (!names.add(name)) {
			throw CheckedProperties.invalid(property + ".name", name, "It is the name of another limit.");
		}
		return name;
	}

	private static Budget budget(String property, long capacity, @Nullable Long refill, Duration period) {
		checkTokens(property + ".capacity", capacity);
		if (refill != null) {
			checkTokens(property + ".refill", refill);
		}
		checkBetween(property + ".period", period, Budget.MIN_PERIOD, Budget.MAX_PERIOD);
		return new Budget(capacity, (refill != null) ? refill : capacity, period);
	}

	private static void checkTokens(String property, long tokens) {
		if (tokens < 1 || tokens > Budget.MAX_TOKENS) {
			throw CheckedProperties.invalid(property, tokens, "It is not between 1 and " + Budget.MAX_TOKENS + ".");
		}
	}

	private static void checkRedis(RateLimit.Redis redis) {
		checkBetween(PREFIX + ".redis.timeout", redis.timeout(), Duration.ofMillis(1), Duration.ofSeconds(30));
		checkBetween(PREFIX + ".redis.connect-timeout", redis.connectTimeout(), Duration.ofMillis(1),
				Duration.ofMinutes(1));
		if (!StringUtils.hasText(redis.keyPrefix())) {
			throw CheckedProperties.invalid(PREFIX + ".redis.key-prefix", redis.keyPrefix(), "It is empty.");
		}
	}

	private static void checkBetween(String property, Duration value, Duration min, Duration max) {
		if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
			throw CheckedProperties.invalid(property, value, "It is not between " + min + " and " + max + ".");
		}
	}

}
