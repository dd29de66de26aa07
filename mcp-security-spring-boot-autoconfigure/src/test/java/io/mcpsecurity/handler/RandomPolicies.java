package io.mcpsecurity.handler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;

import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.AuthenticationRequirement;
import io.mcpsecurity.authorization.ConfiguredRule;
import io.mcpsecurity.authorization.Conventions;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.OfferedTargets.Hints;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeHierarchy;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.authorization.TargetPattern;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import io.mcpsecurity.test.RandomSpellings;
import org.jspecify.annotations.Nullable;

/**
 * Random policies, callers and targets. The same seed gives the same ones, if they are
 * asked for in the same order.
 */
final class RandomPolicies {

	static final List<String> SCOPES = List.of("a", "b", "c", "d", "e");

	static final List<String> NAMES = List.of("ab", "abc", "b", "bc", "c", "xa");

	private static final List<String> TEXTS = List.of("a*", "*c", "*", "b*c", "ab", "b", "xa", "r://a*", "r://b/{id}",
			"r://*/1", "r://b/1", "r://*/1/*", "*/a b", "*/a@b");

	private final Random random;

	private final List<Object> given = new ArrayList<>();

	RandomPolicies(long seed) {
		// Seeds that are close together would all begin with much the same numbers.
		this.random = new Random(seed * 0x9E3779B97F4A7C15L);
	}

	static String template(String name) {
		return "r://" + name + "/{id}";
	}

	/**
	 * A policy that enforces.
	 */
	Policy policy() {
		Policy policy = new Policy(configured(), declared(), conventions(), oneOf(Access.AUTHENTICATED, Access.DENY),
				hierarchy(), AccessPolicy.Mode.ENFORCE);
		this.given.add(policy);
		return policy;
	}

	AccessPolicy.Mode mode() {
		AccessPolicy.Mode mode = oneOf(AccessPolicy.Mode.values());
		this.given.add(mode);
		return mode;
	}

	/**
	 * The scopes that a caller holds.
	 */
	Set<String> held() {
		List<String> scopes = new ArrayList<>(SCOPES);
		Collections.shuffle(scopes, this.random);
		Set<String> held = new LinkedHashSet<>(scopes.subList(0, this.random.nextInt(SCOPES.size())));
		this.given.add("held " + held);
		return held;
	}

	/**
	 * The scopes that a caller holds, or {@code null} for no caller.
	 */
	@Nullable Set<String> caller() {
		if (chance(0.2)) {
			this.given.add("no caller");
			return null;
		}
		return held();
	}

	String scope() {
		String scope = oneOf(SCOPES);
		this.given.add("scope " + scope);
		return scope;
	}

	String name() {
		String name = oneOf(NAMES);
		this.given.add("name " + name);
		return name;
	}

	/**
	 * A URI that a template stands for, if it is read with enough indulgence.
	 */
	String uri() {
		String uri = oneOf("r", "R") + "://" + oneOf("ab", "%61b", "%2561b", "abc", "b", "x/../b", "b%2F..") + "/"
				+ oneOf("1", "..", "%2e%2e", ".", "a b");
		this.given.add(uri);
		return uri;
	}

	/**
	 * The path of a file.
	 */
	String path() {
		String path = oneOf("1", "1/2", "a b", "a@b");
		this.given.add(path);
		return path;
	}

	/**
	 * Another way to write a path, for handlers that decode it once: mostly one that is
	 * canonical as well.
	 */
	String spelling(String path) {
		String spelling = chance(0.2) ? new RandomSpellings(this.random.nextLong()).of(path)
				: path.replace(" ", "%20").replace("@", "%40");
		this.given.add(spelling);
		return spelling;
	}

	/**
	 * At most one rule for each name or pattern, so that none contradict each other.
	 */
	private List<ConfiguredRule> configured() {
		Map<TargetPattern, ConfiguredRule> rules = new LinkedHashMap<>();
		for (int i = this.random.nextInt(6); i > 0; i--) {
			TargetPattern pattern = new TargetPattern(oneOf(Kind.values()), oneOf(TEXTS));
			Access access = oneOf(Access.values());
			rules.put(pattern,
					new ConfiguredRule(List.of(pattern), access,
							(access == Access.SCOPES) ? requirement() : ScopeRequirement.NONE,
							AuthenticationRequirement.NONE, pattern.exact() ? "name" : "pattern"));
		}
		return List.copyOf(rules.values());
	}

	private List<AccessRule> declared() {
		Map<McpTarget, AccessRule> rules = new LinkedHashMap<>();
		for (int i = this.random.nextInt(5); i > 0; i--) {
			Kind kind = oneOf(Kind.values());
			String name = oneOf(NAMES);
			McpTarget target = new McpTarget(kind, (kind == Kind.RESOURCE) ? template(name) : name);
			rules.put(target, new AccessRule(target, requirement(), "declared"));
		}
		return List.copyOf(rules.values());
	}

	private ScopeRequirement requirement() {
		ScopeRequirement requirement = ScopeRequirement.NONE;
		while (requirement.equals(ScopeRequirement.NONE)) {
			requirement = new ScopeRequirement(scopes(2), scopes(3));
		}
		return requirement;
	}

	private List<String> scopes(int most) {
		List<String> scopes = new ArrayList<>();
		for (int i = this.random.nextInt(most + 1); i > 0; i--) {
			scopes.add(oneOf(SCOPES));
		}
		return scopes;
	}

	private Conventions conventions() {
		return new Conventions(chance(0.5) ? oneOf(SCOPES) : null, chance(0.5) ? oneOf(SCOPES) : null,
				chance(0.3) ? oneOf("{name}", "a") : null);
	}

	/**
	 * Scopes contain only such as stand after them in the alphabet (and themselves), so
	 * there are no cycles.
	 */
	private Containment hierarchy() {
		List<List<String>> pairs = new ArrayList<>();
		for (int i = this.random.nextInt(5); i > 0; i--) {
			String first = oneOf(SCOPES);
			String second = oneOf(SCOPES);
			pairs.add((first.compareTo(second) < 0) ? List.of(first, second) : List.of(second, first));
		}
		return new Containment(pairs);
	}

	private boolean chance(double probability) {
		return this.random.nextDouble() < probability;
	}

	@SafeVarargs
	private <T> T oneOf(T... values) {
		return values[this.random.nextInt(values.length)];
	}

	private <T> T oneOf(List<T> values) {
		return values.get(this.random.nextInt(values.size()));
	}

	/**
	 * What has been asked for so far.
	 */
	@Override
	public String toString() {
		return this.given.toString();
	}

	/**
	 * A hierarchy in which the first scope of each pair contains the second.
	 */
	record Containment(List<List<String>> pairs) implements ScopeHierarchy {

		@Override
		public Predicate<String> held(Set<String> granted) {
			Set<String> reachable = new LinkedHashSet<>(granted);
			boolean more = true;
			while (more) {
				more = false;
				for (List<String> pair : this.pairs) {
					if (reachable.contains(pair.get(0))) {
						more |= reachable.add(pair.get(1));
					}
				}
			}
			return reachable::contains;
		}

	}

	/**
	 * What a policy is made of.
	 */
	record Policy(List<ConfiguredRule> configured, List<AccessRule> declared, Conventions conventions,
			Access undeclared, ScopeHierarchy hierarchy, AccessPolicy.Mode mode) {

		AccessPolicy build() {
			OfferedTargets offered = new OfferedTargets();
			for (int i = 0; i < NAMES.size(); i++) {
				offered.add(McpTarget.tool(NAMES.get(i)), new Hints(i % 3 == 0, i % 2 == 0));
				offered.add(McpTarget.prompt(NAMES.get(i)), Hints.DEFAULT);
				offered.add(McpTarget.resource(template(NAMES.get(i))), Hints.DEFAULT);
			}
			return new AccessPolicy(
					new RuleBook(this.configured, this.declared, this.conventions, this.undeclared, offered),
					this.hierarchy, this.mode, false, AccessPolicy.Visibility.NEED_TO_KNOW, Duration.ZERO);
		}

		@Override
		public String toString() {
			StringBuilder text = new StringBuilder();
			this.configured.forEach((rule) -> text.append(rule.patterns())
				.append(' ')
				.append(rule.access())
				.append(' ')
				.append(rule.requirement())
				.append("; "));
			this.declared.forEach((rule) -> text.append(rule.target()).append(" declared ").append(rule).append("; "));
			return text.append(this.conventions)
				.append("; undeclared ")
				.append(this.undeclared)
				.append("; ")
				.append(this.hierarchy)
				.append("; ")
				.append(this.mode)
				.toString();
		}

	}

}
