package io.mcpsecurity.ratelimit;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Predicate;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.TargetPattern;
import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.ratelimit.BucketStore.Buckets;
import io.mcpsecurity.ratelimit.BucketStore.StoreUnavailableException;
import io.mcpsecurity.ratelimit.BucketStore.Taken;
import io.mcpsecurity.ratelimit.LimitRule.Per;
import org.jspecify.annotations.Nullable;

/**
 * The limits that are configured by the operator. A request takes a token for each rule
 * that applies to it, until a bucket is empty.
 * <p>
 * Safe for use by several threads.
 */
public final class RateLimits {

	private final List<Limit> forRequests;

	private final List<Limit> forTools;

	private final OnStoreFailure onStoreFailure;

	public RateLimits(List<LimitRule> rules, BucketStore store, OnStoreFailure onStoreFailure) {
		List<Limit> limits = rules.stream().map((rule) -> new Limit(rule, store)).toList();
		this.forRequests = limits.stream().filter((limit) -> !limit.rule.forTools()).toList();
		this.forTools = limits.stream().filter((limit) -> limit.rule.forTools()).toList();
		this.onStoreFailure = onStoreFailure;
	}

	/**
	 * Check a request against the rules that do not depend on tools.
	 * @param caller the caller, or {@code null} if the request has none
	 * @param address the address of the client, used only without a caller
	 */
	public Verdict request(@Nullable McpCaller caller, @Nullable String address) {
		return check(this.forRequests, caller, address, null, false);
	}

	/**
	 * Check the use of a target against the rules for tools.
	 * @param caller the caller, or {@code null} if the request has none
	 * @param address the address of the client, used only without a caller
	 * @param target the target, or {@code null}
	 * @param exists whether the target exists for the caller. All targets that do not
	 * exist share one bucket, and rules that contain the exact name of a tool do not
	 * apply to them.
	 */
	public Verdict use(@Nullable McpCaller caller, @Nullable String address, @Nullable McpTarget target,
			boolean exists) {
		return (target != null && target.kind() == McpTarget.Kind.TOOL)
				? check(this.forTools, caller, address, target, exists) : Verdict.ALLOWED;
	}

	private Verdict check(List<Limit> limits, @Nullable McpCaller caller, @Nullable String address,
			@Nullable McpTarget target, boolean exists) {
		for (Limit limit : limits) {
			if (limit.isFor(caller, target, exists)) {
				Verdict verdict = limit.take(limit.key(caller, address, exists ? target : null));
				if (!verdict.allowed()) {
					return verdict;
				}
			}
		}
		return Verdict.ALLOWED;
	}

	/** The counter of each rule. */
	public List<LimitCounter> counters() {
		List<LimitCounter> counters = new ArrayList<>();
		this.forRequests.forEach((limit) -> counters.add(limit.counter));
		this.forTools.forEach((limit) -> counters.add(limit.counter));
		return counters;
	}

	/** The behavior while the buckets cannot be reached. */
	public enum OnStoreFailure {

		/** Requests are allowed and counted. */
		ALLOW,

		/** Requests are refused. */
		DENY

	}

	/** A rule and its buckets. */
	private final class Limit {

		private final LimitRule rule;

		private final Predicate<McpTarget> tools;

		private final Predicate<McpTarget> unknownTools;

		private final Buckets buckets;

		private final LimitCounter counter;

		private final EnumSet<Per> per;

		private final String identity;

		Limit(LimitRule rule, BucketStore store) {
			this.rule = rule;
			this.tools = tools(rule, (pattern) -> true);
			this.unknownTools = tools(rule, (pattern) -> !pattern.exact());
			this.buckets = store.buckets(rule.budget());
			this.counter = new LimitCounter(rule.name());
			this.per = EnumSet.copyOf(rule.per());
			this.identity = rule.identity();
		}

		private static Predicate<McpTarget> tools(LimitRule rule, Predicate<TargetPattern> which) {
			return rule.tools().isEmpty() ? (target) -> true
					: rule.tools()
						.stream()
						.map((tool) -> new TargetPattern(McpTarget.Kind.TOOL, tool))
						.filter(which)
						.map(TargetPattern::compile)
						.reduce((target) -> false, Predicate::or);
		}

		boolean isFor(@Nullable McpCaller caller, @Nullable McpTarget target, boolean exists) {
			return this.rule.isFor(caller != null)
					&& (target == null || (exists ? this.tools : this.unknownTools).test(target));
		}

		Sha256 key(@Nullable McpCaller caller, @Nullable String address, @Nullable McpTarget target) {
			List<String> parts = new ArrayList<>(List.of(this.identity));
			for (Per each : this.per) {
				parts.add(each.name());
				switch (each) {
					case CALLER -> parts.addAll(Callers.subject(caller));
					case CLIENT -> parts.addAll(Callers.client(caller));
					case TOOL -> parts.addAll(tool(target));
					case ADDRESS -> parts.add(NetworkAddress.of(address));
				}
			}
			return Sha256.ofAll(parts);
		}

		private List<String> tool(@Nullable McpTarget target) {
			return (target != null) ? List.of("offered", target.name()) : List.of("unknown");
		}

		Verdict take(Sha256 key) {
			try {
				Taken taken = this.buckets.take(key);
				this.counter.count(taken.taken() ? LimitCounter.Outcome.ALLOWED : LimitCounter.Outcome.LIMITED);
				return taken.taken() ? Verdict.ALLOWED : Verdict.limited(taken.untilNext());
			}
			catch (StoreUnavailableException ex) {
				boolean allow = RateLimits.this.onStoreFailure == OnStoreFailure.ALLOW;
				this.counter.count(allow ? LimitCounter.Outcome.UNCHECKED : LimitCounter.Outcome.REFUSED);
				return allow ? Verdict.ALLOWED : Verdict.UNAVAILABLE;
			}
		}

	}

}
