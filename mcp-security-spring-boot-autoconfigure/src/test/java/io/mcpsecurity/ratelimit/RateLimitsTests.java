package io.mcpsecurity.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.ratelimit.LimitRule.Per;
import io.mcpsecurity.ratelimit.RateLimits.OnStoreFailure;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Who has which bucket.
 */
class RateLimitsTests {

	private static final McpTarget BROWSE = McpTarget.tool("browse");

	private static final McpTarget EXPORT = McpTarget.tool("export");

	@Test
	void whenNoRulesThenNothingIsLimited() {
		RateLimits limits = limits();
		assertThat(limits.request(caller("a", "alice", "c"), null).allowed()).isTrue();
		assertThat(limits.request(null, "192.0.2.1").allowed()).isTrue();
		assertThat(limits.use(null, "192.0.2.1", BROWSE, true).allowed()).isTrue();
		assertThat(limits.counters()).isEmpty();
	}

	@Test
	void subjectsOfDifferentIssuersHaveSeparateBuckets() {
		RateLimits limits = limits(rule(Set.of(Per.CALLER)));
		assertThat(limits.request(caller("https://a", "alice", "c"), null).allowed()).isTrue();
		assertThat(limits.request(caller("https://b", "alice", "c"), null).allowed()).isTrue();
		assertThat(limits.request(caller("https://", "aalice", "c"), null).allowed()).isTrue();
		assertThat(limits.request(caller("https://aa", "lice", "c"), null).allowed()).isTrue();
		assertThat(limits.request(caller("https://a", "alice", "another"), null).allowed()).isFalse();
	}

	@Test
	void clientsOfDifferentIssuersHaveSeparateBuckets() {
		RateLimits limits = limits(rule(Set.of(Per.CLIENT)));
		assertThat(limits.request(caller("a", "alice", "c"), null).allowed()).isTrue();
		assertThat(limits.request(caller("b", "alice", "c"), null).allowed()).isTrue();
		assertThat(limits.request(caller("a", "bob", "c"), null).allowed()).isFalse();
	}

	@Test
	void callersWithoutClientIdHaveSeparateClientBuckets() {
		RateLimits limits = limits(rule(Set.of(Per.CLIENT)));
		assertThat(limits.request(caller("a", "alice", null), null).allowed()).isTrue();
		assertThat(limits.request(caller("a", "bob", null), null).allowed()).isTrue();
		assertThat(limits.request(caller("a", "bob", null), null).allowed()).isFalse();
		assertThat(limits.request(caller("a", "carol", "bob"), null).allowed()).isTrue();
	}

	@Test
	void callerRulesRequireTokenAndAddressRulesApplyOnlyWithoutToken() {
		RateLimits callers = limits(rule(Set.of(Per.CALLER)));
		RateLimits addresses = limits(rule(Set.of(Per.ADDRESS)));
		for (int i = 0; i < 3; i++) {
			assertThat(callers.request(null, "192.0.2.1").allowed()).isTrue();
			assertThat(addresses.request(caller("a", "alice", "c"), "192.0.2.1").allowed()).isTrue();
		}
		assertThat(addresses.request(null, "192.0.2.1").allowed()).isTrue();
		assertThat(addresses.request(null, "192.0.2.1").allowed()).isFalse();
	}

	@Test
	void toolRuleHasOneBucketForAllCallers() {
		RateLimits limits = limits(rule(Set.of(Per.TOOL)));
		assertThat(limits.use(caller("a", "alice", "c"), null, BROWSE, true).allowed()).isTrue();
		assertThat(limits.use(caller("a", "bob", "c"), null, BROWSE, true).allowed()).isFalse();
		assertThat(limits.use(null, "192.0.2.1", BROWSE, true).allowed()).isFalse();
		assertThat(limits.use(caller("a", "bob", "c"), null, EXPORT, true).allowed()).isTrue();
		assertThat(limits.request(caller("a", "bob", "c"), null).allowed()).isTrue();
	}

	@Test
	void callerRuleWithToolsHasOneBucketForAllMatchingTools() {
		RateLimits limits = limits(
				new LimitRule("exports", Set.of(Per.CALLER), List.of("exp*", "browse"), new Budget(1, 1, day())));
		assertThat(limits.use(caller("a", "alice", "c"), null, BROWSE, true).allowed()).isTrue();
		assertThat(limits.use(caller("a", "alice", "c"), null, EXPORT, true).allowed()).isFalse();
		assertThat(limits.use(caller("a", "alice", "c"), null, McpTarget.tool("time"), true).allowed()).isTrue();
		assertThat(limits.use(caller("a", "alice", "c"), null, McpTarget.prompt("browse"), true).allowed()).isTrue();
		assertThat(limits.use(caller("a", "bob", "c"), null, EXPORT, true).allowed()).isTrue();
	}

	@Test
	void callerAndToolRuleHasBucketForEachCallerAndTool() {
		RateLimits limits = limits(rule(Set.of(Per.CALLER, Per.TOOL)));
		assertThat(limits.use(caller("a", "alice", "c"), null, BROWSE, true).allowed()).isTrue();
		assertThat(limits.use(caller("a", "alice", "c"), null, EXPORT, true).allowed()).isTrue();
		assertThat(limits.use(caller("a", "bob", "c"), null, EXPORT, true).allowed()).isTrue();
		assertThat(limits.use(caller("a", "bob", "c"), null, EXPORT, true).allowed()).isFalse();
	}

	@Test
	void unknownToolsShareOneBucket() {
		RateLimits limits = limits(rule(Set.of(Per.TOOL)));
		assertThat(limits.use(null, "192.0.2.1", McpTarget.tool("invented"), false).allowed()).isTrue();
		assertThat(limits.use(null, "192.0.2.1", McpTarget.tool("another"), false).allowed()).isFalse();
		assertThat(limits.use(null, "192.0.2.1", McpTarget.tool("browse"), true).allowed()).isTrue();
	}

	@Test
	void unknownToolIsMatchedByPatternButNotByExactName() {
		RateLimits limits = limits(
				new LimitRule("exports", Set.of(Per.CALLER), List.of("exp*", "browse"), new Budget(1, 1, day())));
		McpCaller alice = caller("a", "alice", "c");
		assertThat(limits.use(alice, null, BROWSE, false).allowed()).isTrue();
		assertThat(limits.use(alice, null, BROWSE, false).allowed()).isTrue();
		assertThat(limits.use(alice, null, EXPORT, false).allowed()).isTrue();
		assertThat(limits.use(alice, null, EXPORT, false).allowed()).isFalse();
	}

	@Test
	void rulesOfSameKindHaveSeparateBuckets() {
		RateLimits limits = limits(new LimitRule("one", Set.of(Per.CALLER), List.of(), new Budget(1, 1, day())),
				new LimitRule("two", Set.of(Per.CALLER), List.of(), new Budget(1, 1, day())));
		assertThat(limits.request(caller("a", "alice", "c"), null).allowed()).isTrue();
		assertThat(limits.request(caller("a", "alice", "c"), null).allowed()).isFalse();
	}

	@Test
	void keysAreHashesOfFixedLength() {
		List<String> keys = new ArrayList<>();
		BucketStore noting = (budget) -> (key) -> {
			keys.add(key.toString());
			return new BucketStore.Taken(true, Duration.ZERO);
		};
		RateLimits limits = new RateLimits(List.of(rule(Set.of(Per.CALLER, Per.CLIENT))), noting, OnStoreFailure.DENY);
		limits.request(caller("https://login.example", "alice@example.com", "client"), null);
		limits.request(caller("https://login.example", "a".repeat(10_000), "client"), null);
		assertThat(keys).hasSize(2).allMatch((key) -> key.matches("[0-9a-f]{64}")).doesNotHaveDuplicates();
	}

	@Test
	void whenStoreFailsThenConfiguredOutcomeIsReturnedAndCounted() {
		BucketStore broken = (budget) -> (key) -> {
			throw new BucketStore.StoreUnavailableException();
		};
		List<LimitRule> rules = List.of(rule(Set.of(Per.CALLER)));
		RateLimits open = new RateLimits(rules, broken, OnStoreFailure.ALLOW);
		RateLimits closed = new RateLimits(rules, broken, OnStoreFailure.DENY);
		assertThat(open.request(caller("a", "alice", "c"), null).allowed()).isTrue();
		assertThat(closed.request(caller("a", "alice", "c"), null).outcome()).isEqualTo(Verdict.Outcome.UNAVAILABLE);
		assertThat(open.counters().get(0).total(LimitCounter.Outcome.UNCHECKED)).isOne();
		assertThat(closed.counters().get(0).total(LimitCounter.Outcome.REFUSED)).isOne();
	}

	@Test
	void retryAfterIsRoundedUpToSeconds() {
		assertThat(Verdict.limited(Duration.ofMillis(1001)).retryAfterSeconds()).isEqualTo(2);
		assertThat(Verdict.limited(Duration.ofSeconds(2)).retryAfterSeconds()).isEqualTo(2);
		assertThat(Verdict.limited(Duration.ofNanos(1)).retryAfterSeconds()).isOne();
		assertThat(Verdict.limited(Duration.ZERO).retryAfterSeconds()).isOne();
	}

	@Test
	void ruleWithoutKeyOrWithContradictingKeysIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> rule(Set.of()));
		assertThatIllegalArgumentException().isThrownBy(() -> rule(Set.of(Per.CALLER, Per.ADDRESS)));
	}

	@Test
	void concurrentRequestsAreLimitedPerCallerAndReleasedOnce() {
		ConcurrentRequests requests = new ConcurrentRequests("calls", 2);
		McpCaller alice = caller("a", "alice", "c");
		Runnable first = requests.begin(alice, "192.0.2.1");
		Runnable second = requests.begin(alice, "192.0.2.1");
		assertThat(first).isNotNull();
		assertThat(second).isNotNull();
		assertThat(requests.begin(alice, "192.0.2.1")).isNull();
		assertThat(requests.begin(caller("b", "alice", "c"), "192.0.2.1")).isNotNull();
		first.run();
		first.run();
		Runnable third = requests.begin(alice, "192.0.2.1");
		assertThat(third).isNotNull();
		assertThat(requests.begin(alice, "192.0.2.1")).isNull();
		second.run();
		third.run();
		assertThat(requests.callers()).isOne();
	}

	@Test
	void concurrentRequestsWithoutTokenAreLimitedPerAddress() {
		ConcurrentRequests requests = new ConcurrentRequests("calls", 1);
		assertThat(requests.begin(null, "192.0.2.1")).isNotNull();
		assertThat(requests.begin(null, "192.0.2.1")).isNull();
		assertThat(requests.begin(null, "192.0.2.2")).isNotNull();
		assertThat(requests.begin(caller("a", "alice", "c"), "192.0.2.1")).isNotNull();
	}

	@ParameterizedTest
	@CsvSource({ "192.0.2.7, 192.0.2.7", "192.0.2.7:4711, 192.0.2.7", "2001:db8:1:2:3:4:5:6, 20010db800010002/64",
			"2001:db8:1:2::1, 20010db800010002/64", "'[2001:db8:1:2::1]', 20010db800010002/64",
			"'[2001:db8:1:2::1]:4711', 20010db800010002/64", "fe80::1%eth0, fe80000000000000/64",
			"::ffff:192.0.2.7, 192.0.2.7", "_hidden, _hidden", "unknown, unknown", "a:b, a:b", "'[', '['" })
	void ipv6AddressesAreGroupedByNetworkAndHostNamesAreNotResolved(String address, String counted) {
		assertThat(NetworkAddress.of(address)).isEqualTo(counted);
	}

	private static RateLimits limits(LimitRule... rules) {
		return new RateLimits(List.of(rules), new LocalStore(1000), OnStoreFailure.DENY);
	}

	/**
	 * A rule that lets one request pass.
	 */
	private static LimitRule rule(Set<Per> per) {
		return new LimitRule("rule", per, List.of(), new Budget(1, 1, day()));
	}

	private static Duration day() {
		return Duration.ofDays(1);
	}

	private static McpCaller caller(String issuer, String subject, @Nullable String client) {
		return McpCaller.builder(subject, issuer, "https://mcp.example/mcp").client(client).build();
	}

}
