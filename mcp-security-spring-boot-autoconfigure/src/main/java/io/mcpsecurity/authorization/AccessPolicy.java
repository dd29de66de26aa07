package io.mcpsecurity.authorization;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;

import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;

/**
 * The rules of this server and the one decision function over them.
 * <p>
 * Instances are immutable and safe for use by several threads.
 */
public final class AccessPolicy {

	private static final AccessDecision NO_RULE = new AccessDecision(Outcome.NOT_A_SCOPE_MATTER, List.of(), List.of(),
			null);

	private final Map<McpTarget, AccessRule> rules;

	private final List<AccessRule> resourceRules;

	private final BiPredicate<String, String> templateMatches;

	private final List<String> declaredScopes;

	/**
	 * Create a policy.
	 * @param rules the rules, at most one for a target
	 * @param templateMatches whether a URI template (first) stands for a URI (second): to
	 * be the server's own matching, so that gate and server cannot differ
	 * @throws IllegalArgumentException if two rules contradict each other
	 */
	public AccessPolicy(Collection<AccessRule> rules, BiPredicate<String, String> templateMatches) {
		Map<McpTarget, AccessRule> byTarget = new LinkedHashMap<>();
		for (AccessRule rule : rules) {
			AccessRule other = byTarget.putIfAbsent(rule.target(), rule);
			if (other != null && !other.requirement().equals(rule.requirement())) {
				throw new IllegalArgumentException("%s has two rules that contradict each other: %s says %s, %s says %s"
					.formatted(rule.target(), other.source(), other.requirement(), rule.source(), rule.requirement()));
			}
		}
		this.rules = Collections.unmodifiableMap(byTarget);
		this.resourceRules = byTarget.values()
			.stream()
			.filter((rule) -> rule.target().kind() == Kind.RESOURCE)
			.toList();
		this.templateMatches = templateMatches;
		this.declaredScopes = List.copyOf(byTarget.values()
			.stream()
			.flatMap((rule) -> rule.requirement().all().stream())
			.collect(LinkedHashSet::new, Set::add, Set::addAll));
	}

	/**
	 * Decide whether a caller may use a target.
	 * @param target the target, a resource by its URI
	 * @param granted the scopes that the caller holds
	 */
	public AccessDecision decide(McpTarget target, Set<String> granted) {
		AccessRule rule = this.rules.get(target);
		if (rule != null) {
			return decide(rule, granted);
		}
		return (target.kind() == Kind.RESOURCE) ? decideByTemplate(target.name(), granted) : NO_RULE;
	}

	/**
	 * A URI can match several templates and it is not defined which one the server takes:
	 * so it must satisfy all of them.
	 */
	private AccessDecision decideByTemplate(String uri, Set<String> granted) {
		AccessDecision decision = NO_RULE;
		for (AccessRule rule : this.resourceRules) {
			if (this.templateMatches.test(rule.target().name(), uri)) {
				AccessDecision next = decide(rule, granted);
				decision = decision.denied() ? decision : next;
			}
		}
		return decision;
	}

	private static AccessDecision decide(AccessRule rule, Set<String> granted) {
		List<String> missing = rule.requirement().missing(granted);
		return missing.isEmpty() ? new AccessDecision(Outcome.GRANTED, List.of(), List.of(), rule) : new AccessDecision(
				Outcome.MISSING_SCOPES, rule.requirement().operationScopes(granted), missing, rule);
	}

	/**
	 * The rules, for showing them.
	 */
	public Collection<AccessRule> rules() {
		return this.rules.values();
	}

	/**
	 * Every scope that a rule names, in the order of the rules.
	 */
	public List<String> declaredScopes() {
		return this.declaredScopes;
	}

}
