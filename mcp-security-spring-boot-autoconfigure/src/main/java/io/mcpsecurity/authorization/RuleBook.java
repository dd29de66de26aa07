package io.mcpsecurity.authorization;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.mcpsecurity.authorization.OfferedTargets.Hints;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Determines the rule that applies to a target. The configured rules have precedence, in
 * their order, followed by the rules that the code declares, the conventions, and the
 * default access. The required authentication is determined separately, by the first
 * configured rule or the declaration that contains one, so that a rule for scopes does
 * not remove it, and a rule for the authentication grants no access.
 * <p>
 * Safe for use by several threads.
 */
public final class RuleBook {

	/** The source of the rule for targets without a rule. */
	public static final String UNDECLARED = "mcp-security.policy.default-access";

	private static final String NOT_CANONICAL = "a URI that is neither listed nor in canonical form";

	private final List<ConfiguredRule> configured;

	private final List<String> shadowed;

	/** Shared with the books of further endpoints. */
	private final AtomicReference<Map<McpTarget, AccessRule>> declared;

	/** Shared likewise. */
	private final Map<McpTarget, AuthenticationRule> authentications;

	private final Conventions conventions;

	private final Access undeclared;

	private final OfferedTargets offered;

	private volatile @Nullable Scopes scopes;

	private volatile Found found = new Found(-1);

	/**
	 * Create a rule book.
	 * @param configured the configured rules; the first that matches applies
	 * @param declared the rules that the code declares, at most one for a target
	 * @param conventions scopes for tools without a rule
	 * @param undeclared the access to targets without any rule:
	 * {@link Access#AUTHENTICATED} or {@link Access#DENY}
	 * @param offered the targets that the servers offer
	 * @throws IllegalArgumentException if two rules of the same rank contradict each
	 * other
	 */
	public RuleBook(List<ConfiguredRule> configured, Collection<AccessRule> declared, Conventions conventions,
			Access undeclared, OfferedTargets offered) {
		this(configured, findShadowed(configured), new AtomicReference<>(byTarget(declared)), new ConcurrentHashMap<>(),
				conventions, undeclared, offered);
		refuseContradictions(configured);
	}

	private RuleBook(List<ConfiguredRule> configured, List<String> shadowed,
			AtomicReference<Map<McpTarget, AccessRule>> declared, Map<McpTarget, AuthenticationRule> authentications,
			Conventions conventions, Access undeclared, OfferedTargets offered) {
		this.configured = List.copyOf(configured);
		this.shadowed = shadowed;
		this.declared = declared;
		this.authentications = authentications;
		this.conventions = conventions;
		this.undeclared = undeclared;
		this.offered = offered;
	}

	private static Map<McpTarget, AccessRule> byTarget(Collection<AccessRule> rules) {
		Map<McpTarget, AccessRule> known = new LinkedHashMap<>();
		for (AccessRule rule : rules) {
			AccessRule other = known.putIfAbsent(rule.target(), rule);
			if (other != null) {
				refuseContradiction(rule, other);
			}
		}
		return known;
	}

	/**
	 * These rules, preceded by other rules, for one of several endpoints. The other rules
	 * can override a rule for the same name or pattern.
	 * @throws IllegalArgumentException if two of the other rules contradict each other
	 */
	public RuleBook with(List<ConfiguredRule> first) {
		refuseContradictions(first);
		return new RuleBook(Stream.concat(first.stream(), this.configured.stream()).toList(),
				Stream.concat(findShadowed(first).stream(), this.shadowed.stream()).toList(), this.declared,
				this.authentications, this.conventions, this.undeclared, this.offered);
	}

	/**
	 * Overlapping patterns are allowed, because the order of the list decides. Different
	 * rules for the same name or pattern are refused as ambiguous.
	 */
	private static void refuseContradictions(List<ConfiguredRule> rules) {
		Map<TargetPattern, ConfiguredRule> known = new LinkedHashMap<>();
		for (ConfiguredRule rule : rules) {
			for (TargetPattern pattern : rule.patterns()) {
				ConfiguredRule other = known.putIfAbsent(pattern, rule);
				if (other != null) {
					refuseContradiction(rule, other, new McpTarget(pattern.kind(), pattern.text()));
				}
			}
		}
	}

	private static void refuseContradiction(ConfiguredRule rule, ConfiguredRule other, McpTarget target) {
		AccessRule access = rule.of(target);
		AccessRule otherAccess = other.of(target);
		if (access != null && otherAccess != null) {
			refuseContradiction(access, otherAccess);
		}
		if (rule.requiresAuthentication() && other.requiresAuthentication()) {
			refuseContradiction(new AuthenticationRule(target, rule.authentication(), rule.source()),
					new AuthenticationRule(target, other.authentication(), other.source()));
		}
	}

	private static void refuseContradiction(AuthenticationRule rule, AuthenticationRule other) {
		if (!rule.requirement().equals(other.requirement())) {
			throw contradiction(rule.target(), other.source(), other.requirement(), rule.source(), rule.requirement());
		}
	}

	private static void refuseContradiction(AccessRule rule, AccessRule other) {
		if (rule.access() != other.access() || !rule.requirement().equals(other.requirement())
				|| !Objects.equals(rule.when(), other.when())) {
			throw contradiction(rule.target(), other.source(), other, rule.source(), rule);
		}
	}

	private static IllegalArgumentException contradiction(McpTarget target, String source, Object requirement,
			String otherSource, Object otherRequirement) {
		return new IllegalArgumentException("%s has two rules that contradict each other: %s says %s, %s says %s"
			.formatted(target, source, requirement, otherSource, otherRequirement));
	}

	/**
	 * The names and patterns that an earlier rule matches completely. The asterisk of the
	 * later pattern is matched as a literal character: only an asterisk of the earlier
	 * pattern matches it, and that matches any text.
	 */
	private static List<String> findShadowed(List<ConfiguredRule> rules) {
		return Stream
			.concat(shadowed(rules.stream().filter((rule) -> rule.access() != null).toList()).stream(),
					shadowed(rules.stream().filter(ConfiguredRule::requiresAuthentication).toList()).stream())
			.distinct()
			.toList();
	}

	private static List<String> shadowed(List<ConfiguredRule> rules) {
		List<String> shadowed = new ArrayList<>();
		for (int i = 1; i < rules.size(); i++) {
			ConfiguredRule rule = rules.get(i);
			for (TargetPattern pattern : rule.patterns()) {
				McpTarget target = new McpTarget(pattern.kind(), pattern.text());
				rules.subList(0, i)
					.stream()
					.filter((earlier) -> earlier.matches(target))
					.findFirst()
					.ifPresent((earlier) -> shadowed.add(describe(rule, pattern) + " after " + earlier.source()));
			}
		}
		return shadowed;
	}

	private static String describe(ConfiguredRule rule, TargetPattern pattern) {
		return rule.source() + ": '" + pattern.text() + "'";
	}

	/**
	 * All rules that apply to a target. This is one rule, or for a resource's URI the
	 * rules of the URI itself and of every template that matches it, because it is not
	 * defined which template a server uses. Empty for a target that is neither offered
	 * nor named by a rule.
	 * @param target the target
	 * @param handler the offered target that serves it, or {@code null} if it is not
	 * known yet
	 */
	List<AccessRule> rulesFor(McpTarget target, @Nullable McpTarget handler) {
		// The templates that match a URI depend on the server.
		boolean itself = (handler != null) ? handler.equals(target) : target.kind() != Kind.RESOURCE;
		if (!itself || this.offered.hints(target) == null) {
			return findRulesFor(target, handler);
		}
		return found().rules().computeIfAbsent(target, (key) -> findRulesFor(target, handler));
	}

	/**
	 * The cache of rules. Only offered targets are cached, because clients can send any
	 * number of names.
	 */
	private Found found() {
		Found found = this.found;
		long version = this.offered.version();
		if (found.version() != version) {
			found = new Found(version);
			this.found = found;
		}
		return found;
	}

	private List<AccessRule> findRulesFor(McpTarget target, @Nullable McpTarget handler) {
		boolean listed = target.equals(handler) || this.offered.hints(target) != null;
		if (!listed && ResourceUri.flaw(target) != null) {
			return List.of(new AccessRule(target, Access.DENY, ScopeRequirement.NONE, NOT_CANONICAL));
		}
		Set<AccessRule> rules = new LinkedHashSet<>();
		AccessRule named = named(target);
		if (named != null) {
			rules.add(named.with(authentication(target)));
		}
		for (McpTarget serving : handlersOf(target, handler)) {
			// The configured rule for the URI also covers the scopes of a handler without
			// its own rule, but not the authentication that the handler requires.
			if (named == null || named(serving) != null) {
				rules.add(ruleFor(serving));
			}
			else {
				addAuthentication(rules, serving);
			}
		}
		if (rules.stream().noneMatch((rule) -> rule.target().equals(target)) && !rules.isEmpty()) {
			addAuthentication(rules, target);
		}
		return List.copyOf(rules);
	}

	/** Add the authentication that a target requires, without any scope. */
	private void addAuthentication(Set<AccessRule> rules, McpTarget target) {
		AuthenticationRule rule = authentication(target);
		if (rule != null) {
			rules.add(new AccessRule(target, Access.AUTHENTICATED, ScopeRequirement.NONE, rule.source()).with(rule));
		}
	}

	private Set<McpTarget> handlersOf(McpTarget target, @Nullable McpTarget handler) {
		if (target.equals(handler)) {
			return Set.of(target);
		}
		Set<McpTarget> handlers = handlersOf(target);
		if (handler != null) {
			handlers.add(handler);
		}
		return handlers;
	}

	/**
	 * The rule for an offered target: a tool, prompt, resource or template by its own
	 * name.
	 */
	public AccessRule ruleFor(McpTarget target) {
		return (this.offered.hints(target) != null) ? found().ownRules().computeIfAbsent(target, this::findRuleFor)
				: findRuleFor(target);
	}

	private AccessRule findRuleFor(McpTarget target) {
		AccessRule named = named(target);
		return ((named != null) ? named : unnamed(target)).with(authentication(target));
	}

	private AccessRule unnamed(McpTarget target) {
		Hints hints = this.offered.hints(target);
		AccessRule conventional = this.conventions.of(target, (hints != null) ? hints : Hints.DEFAULT);
		return (conventional != null) ? conventional
				: new AccessRule(target, this.undeclared, ScopeRequirement.NONE, UNDECLARED);
	}

	private Set<McpTarget> handlersOf(McpTarget target) {
		Set<McpTarget> templates = new LinkedHashSet<>(this.offered.handlersOf(target));
		if (this.offered.hints(target) == null && !this.declared.get().containsKey(target)) {
			this.declared.get()
				.keySet()
				.stream()
				.filter((declared) -> this.offered.standsFor(declared, target))
				.forEach(templates::add);
		}
		return templates;
	}

	private @Nullable AccessRule named(McpTarget target) {
		for (ConfiguredRule rule : this.configured) {
			if (rule.access() != null && rule.matches(target)) {
				return rule.of(target);
			}
		}
		return this.declared.get().get(target);
	}

	/** The rule for the authentication that a target requires by its own name. */
	private @Nullable AuthenticationRule authentication(McpTarget target) {
		for (ConfiguredRule rule : this.configured) {
			if (rule.requiresAuthentication() && rule.matches(target)) {
				return new AuthenticationRule(target, rule.authentication(), rule.source());
			}
		}
		return this.authentications.get(target);
	}

	/** Whether a server offers the target, or a rule contains its exact name. */
	boolean knows(McpTarget target) {
		return this.offered.contains(target) || this.declared.get().containsKey(target)
				|| this.configured.stream().anyMatch((rule) -> rule.names(target)) || !handlersOf(target).isEmpty();
	}

	/**
	 * Add a rule for a target that is added at run time.
	 * @throws IllegalArgumentException if it contradicts the known rule for its target
	 */
	public void declare(AccessRule rule) {
		this.declared.updateAndGet((known) -> {
			AccessRule other = known.get(rule.target());
			if (other != null) {
				refuseContradiction(rule, other);
				return known;
			}
			Map<McpTarget, AccessRule> more = new LinkedHashMap<>(known);
			more.put(rule.target(), rule);
			return more;
		});
	}

	/**
	 * Add the authentication that the code requires for a target.
	 * @throws IllegalArgumentException if it contradicts what is known for the target
	 */
	public void declare(AuthenticationRule rule) {
		AuthenticationRule other = this.authentications.putIfAbsent(rule.target(), rule);
		if (other != null) {
			refuseContradiction(rule, other);
		}
	}

	/** Whether the code declares an authentication. */
	public boolean declares(AuthenticationRule rule) {
		AuthenticationRule known = this.authentications.get(rule.target());
		return known != null && known.requirement().equals(rule.requirement());
	}

	/** Whether the code declares a rule. */
	public boolean declares(AccessRule rule) {
		AccessRule known = this.declared.get().get(rule.target());
		return known != null && known.access() == rule.access() && known.requirement().equals(rule.requirement())
				&& Objects.equals(known.when(), rule.when());
	}

	/** Whether a rule grants access without a token. */
	boolean anyPublic() {
		return this.configured.stream().anyMatch((rule) -> rule.access() == Access.PUBLIC);
	}

	/** The targets that the servers offer. */
	public OfferedTargets offered() {
		return this.offered;
	}

	/** The configured rules that override declared rules, as sentences. */
	public List<String> overridden() {
		return Stream
			.concat(this.declared.get()
				.values()
				.stream()
				.filter((rule) -> isConfigured(rule.target(), (configured) -> configured.access() != null))
				.map((rule) -> overridden(rule.target(), rule, rule.source())),
					this.authentications.values()
						.stream()
						.filter((rule) -> isConfigured(rule.target(), ConfiguredRule::requiresAuthentication))
						.map((rule) -> overridden(rule.target(), rule.requirement(), rule.source())))
			.toList();
	}

	private boolean isConfigured(McpTarget target, Predicate<ConfiguredRule> kind) {
		return this.configured.stream().anyMatch((rule) -> kind.test(rule) && rule.matches(target));
	}

	private String overridden(McpTarget target, Object declared, String source) {
		AccessRule rule = ruleFor(target);
		return "%s: %s (%s) replaces %s (%s)".formatted(target, rule, rule.source(), declared, source);
	}

	/**
	 * The configured rules and patterns that match no offered target, and no URI of a
	 * resource template.
	 */
	public List<String> unmatched() {
		return this.configured.stream()
			.flatMap((rule) -> rule.patterns()
				.stream()
				.filter((pattern) -> this.offered.all().stream().noneMatch(pattern::meets))
				.map((pattern) -> describe(rule, pattern) + similar(pattern)))
			.toList();
	}

	/** The offered name that is most similar to a pattern, as a suggestion. */
	public String similar(TargetPattern pattern) {
		return this.offered.all()
			.stream()
			.filter((target) -> target.kind() == pattern.kind())
			.map(McpTarget::name)
			.filter((name) -> distance(name, pattern.text()) <= name.length() / 3 + 1)
			.min(Comparator.comparingInt((name) -> distance(name, pattern.text())))
			.map((name) -> " (did you mean '" + name + "'?)")
			.orElse("");
	}

	/**
	 * The edit distance: the number of insertions, deletions and replacements of
	 * characters between two texts.
	 */
	private static int distance(String one, String other) {
		int[] row = IntStream.rangeClosed(0, other.length()).toArray();
		for (int i = 1; i <= one.length(); i++) {
			int diagonal = row[0];
			row[0] = i;
			for (int j = 1; j <= other.length(); j++) {
				int replaced = diagonal + ((one.charAt(i - 1) == other.charAt(j - 1)) ? 0 : 1);
				diagonal = row[j];
				row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
			}
		}
		return row[other.length()];
	}

	/** The declared rules for targets that no server offers. */
	public List<String> unoffered() {
		return Stream
			.concat(this.declared.get()
				.values()
				.stream()
				.filter((rule) -> this.offered.hints(rule.target()) == null)
				.map((rule) -> rule.target() + " (" + rule.source() + ")"),
					this.authentications.values()
						.stream()
						.filter((rule) -> this.offered.hints(rule.target()) == null)
						.map((rule) -> rule.target() + " (" + rule.source() + ")"))
			.toList();
	}

	/** The targets that are configured as public, but require an authentication. */
	public List<String> notPublic() {
		return this.offered.all()
			.stream()
			.map(this::ruleFor)
			.filter((rule) -> rule.access() == Access.PUBLIC && rule.requiresAuthentication())
			.map((rule) -> rule.target() + " (" + rule.source() + ")")
			.sorted()
			.toList();
	}

	/**
	 * The configured rules and patterns that never apply, because an earlier rule of the
	 * same list matches the same targets.
	 */
	public List<String> shadowed() {
		return this.shadowed;
	}

	/**
	 * Every scope that a rule contains, in the order of the rules. The result is cached.
	 */
	public List<String> scopes() {
		Scopes known = this.scopes;
		long version = this.offered.version();
		if (known == null || known.version() != version) {
			known = new Scopes(version, findScopes());
			this.scopes = known;
		}
		return known.names();
	}

	private List<String> findScopes() {
		Set<String> scopes = new LinkedHashSet<>();
		Stream
			.concat(this.configured.stream().map(ConfiguredRule::requirement),
					this.declared.get()
						.values()
						.stream()
						.filter((rule) -> this.offered.hints(rule.target()) != null)
						.filter((rule) -> !isConfigured(rule.target(), (configured) -> configured.access() != null))
						.map(AccessRule::requirement))
			.forEach((requirement) -> scopes.addAll(requirement.all()));
		this.offered.all()
			.stream()
			.sorted(Comparator.comparing(McpTarget::toString))
			.map(this::ruleFor)
			.forEach((rule) -> scopes.addAll(rule.requirement().all()));
		return List.copyOf(scopes);
	}

	/**
	 * The cached scopes of the rules.
	 *
	 * @param version the version of the offered targets for which they were computed
	 * @param names their names
	 */
	private record Scopes(long version, List<String> names) {
	}

	/**
	 * The cached rules of offered targets, so that the time of a decision does not depend
	 * on the number of rules.
	 *
	 * @param version the version of the offered targets, read before the rules are
	 * computed, so that a concurrent change evicts them
	 * @param rules all rules that apply to a target
	 * @param ownRules the rule for a target by its own name
	 */
	private record Found(long version, Map<McpTarget, List<AccessRule>> rules, Map<McpTarget, AccessRule> ownRules) {

		Found(long version) {
			this(version, new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
		}

	}

}
