package io.mcpsecurity.authorization;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpMethod;
import io.mcpsecurity.message.McpTarget;
import org.jspecify.annotations.Nullable;

/**
 * The one decision function, over the rules of this server.
 * <p>
 * Safe for use by several threads.
 */
public final class AccessPolicy {

	private static final AccessDecision NO_MATTER = new AccessDecision(Outcome.NOT_A_SCOPE_MATTER, List.of(), List.of(),
			null);

	/**
	 * Of conditions while a call's arguments are not known: they may spare the caller.
	 */
	private static final Predicate<AccessRule> UNDECIDED = (rule) -> false;

	/** The maximum of scopes that handlers have asked for. */
	private static final int MAX_ASKED = 1000;

	private final RuleBook rules;

	private final ScopeHierarchy hierarchy;

	private final Mode mode;

	private final boolean publicDiscovery;

	private final Visibility visibility;

	/** What handlers have asked for, which no rule need name. */
	private final Set<String> asked = ConcurrentHashMap.newKeySet();

	private final List<String> required;

	/**
	 * Create a policy whose callers step up.
	 * @param rules which rule holds for what
	 * @param hierarchy which scopes contain which
	 * @param mode what becomes of a call whose scopes are missing
	 * @param publicDiscovery whether anybody may initialize, ping and list
	 */
	public AccessPolicy(RuleBook rules, ScopeHierarchy hierarchy, Mode mode, boolean publicDiscovery) {
		this(rules, hierarchy, mode, publicDiscovery, Visibility.STEP_UP);
	}

	/**
	 * Create a policy.
	 * @param rules which rule holds for what
	 * @param hierarchy which scopes contain which
	 * @param mode what becomes of a call whose scopes are missing
	 * @param publicDiscovery whether anybody may initialize, ping and list
	 * @param visibility what callers see of what they may not use
	 */
	public AccessPolicy(RuleBook rules, ScopeHierarchy hierarchy, Mode mode, boolean publicDiscovery,
			Visibility visibility) {
		this(rules, hierarchy, mode, publicDiscovery, visibility, List.of());
	}

	private AccessPolicy(RuleBook rules, ScopeHierarchy hierarchy, Mode mode, boolean publicDiscovery,
			Visibility visibility, List<String> required) {
		this.rules = rules;
		this.hierarchy = hierarchy;
		this.mode = mode;
		this.publicDiscovery = publicDiscovery;
		this.visibility = visibility;
		this.required = required;
	}

	/**
	 * The same policy over other rules.
	 */
	public AccessPolicy with(RuleBook rules) {
		return new AccessPolicy(rules, this.hierarchy, this.mode, this.publicDiscovery, this.visibility, this.required);
	}

	/**
	 * The same policy for an endpoint that requires scopes of every request, besides
	 * those that this one requires.
	 */
	public AccessPolicy requiring(List<String> scopes) {
		return new AccessPolicy(this.rules, this.hierarchy, this.mode, this.publicDiscovery, this.visibility,
				Stream.concat(this.required.stream(), scopes.stream()).distinct().toList());
	}

	/**
	 * The scopes that every request needs.
	 */
	public List<String> required() {
		return this.required;
	}

	/**
	 * Every scope that the endpoint or a rule requires.
	 */
	public List<String> scopes() {
		return Stream.concat(this.required.stream(), this.rules.scopes().stream()).distinct().toList();
	}

	/**
	 * Decide whether a caller may send anything at all.
	 * @param granted the scopes that the caller holds
	 */
	public AccessDecision enter(Set<String> granted) {
		List<String> missing = this.required.isEmpty() ? List.of() : without(this.required, held(granted));
		return missing.isEmpty() ? NO_MATTER : lacking(this.required, missing, null);
	}

	/**
	 * Decide about a message: by its target, or when it has none by its method, which
	 * then needs no scopes but those that every request needs.
	 * @param message the message
	 * @param granted the scopes that the caller holds, or {@code null} when there is no
	 * caller
	 */
	public AccessDecision decide(McpMessage message, @Nullable Set<String> granted) {
		if (message.target() != null) {
			return decide(message.target(), granted);
		}
		if (granted != null) {
			return enter(granted);
		}
		boolean discovery = servesAnonymous() && this.publicDiscovery && McpMethod.of(message.method()).isDiscovery();
		return discovery ? NO_MATTER : unauthenticated(null);
	}

	/**
	 * Whether a denial is kept from its caller, who is answered as if there were no such
	 * target. (Without a caller everything is answered alike anyway.)
	 * @param denial a denial that was decided without knowing arguments
	 */
	public boolean hides(AccessDecision denial) {
		return this.visibility == Visibility.NEED_TO_KNOW
				&& (denial.outcome() == Outcome.MISSING_SCOPES || denial.outcome() == Outcome.FORBIDDEN);
	}

	/**
	 * Whether there is anything that a request without a caller could be granted.
	 */
	public boolean servesAnonymous() {
		return this.required.isEmpty() && (this.publicDiscovery || this.rules.anyPublic());
	}

	/**
	 * Decide whether a caller may use a target.
	 * @param target the target, a resource by its URI
	 * @param granted the scopes that the caller holds, or {@code null} when there is no
	 * caller
	 */
	public AccessDecision decide(McpTarget target, @Nullable Set<String> granted) {
		List<AccessRule> rules = this.rules.rulesFor(target, null);
		AccessDecision decision = rules.isEmpty() ? NO_MATTER : decide(rules, granted, UNDECIDED);
		if (granted == null) {
			return (decision == NO_MATTER) ? unauthenticated(null) : decision;
		}
		return (decision.outcome() == Outcome.GRANTED || this.rules.knows(target)) ? decision : NO_MATTER;
	}

	/**
	 * Decide whether a caller may use a target that is about to be used: there is a
	 * handler for it, so it exists. Scopes that only some calls need are left out.
	 * @param target the target, a resource by its URI
	 * @param handler what serves it: the target itself, or a resource template
	 * @param granted the scopes that the caller holds, or {@code null} when there is no
	 * caller
	 */
	public AccessDecision decide(McpTarget target, McpTarget handler, @Nullable Set<String> granted) {
		return decide(target, handler, granted, UNDECIDED);
	}

	/**
	 * Decide whether a caller may make a call, whose arguments are known.
	 * @param target the target, a resource by its URI
	 * @param handler what serves it: the target itself, or a resource template
	 * @param granted the scopes that the caller holds, or {@code null} when there is no
	 * caller
	 * @param condition whether the condition of a rule holds for the call; asked of rules
	 * that have one, and an exception denies
	 */
	public AccessDecision decide(McpTarget target, McpTarget handler, @Nullable Set<String> granted,
			Predicate<AccessRule> condition) {
		return decide(this.rules.rulesFor(target, handler), granted, condition);
	}

	/**
	 * Whether targets that are offered, by their own names, are listed to a caller. What
	 * nobody can be granted is never listed. Without a caller (only where discovery is
	 * public) there is nothing else to go by.
	 * @param granted the scopes that the caller holds, or {@code null} when there is no
	 * caller
	 */
	public Predicate<McpTarget> listedTo(@Nullable Set<String> granted) {
		if (granted == null || this.visibility == Visibility.STEP_UP) {
			return (target) -> this.rules.ruleFor(target).access() != Access.DENY;
		}
		Set<String> held = held(granted);
		return (target) -> !decide(this.rules.rulesFor(target, target), granted, held, UNDECIDED).denied();
	}

	private Set<String> held(@Nullable Set<String> granted) {
		return (granted != null) ? this.hierarchy.reachable(granted) : Set.of();
	}

	private AccessDecision decide(List<AccessRule> rules, @Nullable Set<String> granted,
			Predicate<AccessRule> condition) {
		return decide(rules, granted, held(granted), condition);
	}

	/**
	 * All of the rules must be satisfied; what they miss is told in one decision.
	 */
	private AccessDecision decide(List<AccessRule> rules, @Nullable Set<String> granted, Set<String> held,
			Predicate<AccessRule> condition) {
		Set<String> operation = new LinkedHashSet<>(this.required);
		Set<String> missing = new LinkedHashSet<>(without(this.required, held));
		AccessRule unsatisfied = null;
		for (AccessRule rule : rules) {
			if (granted == null && (rule.access() != Access.PUBLIC || !this.required.isEmpty())) {
				// Whoever is nobody does not even learn that nobody may.
				return unauthenticated(rule);
			}
			if (rule.access() == Access.DENY) {
				return new AccessDecision(Outcome.FORBIDDEN, List.of(), List.of(), rule);
			}
			List<String> scopes;
			try {
				scopes = scopes(rule, held, condition);
			}
			catch (RuntimeException ex) {
				return new AccessDecision(Outcome.FORBIDDEN, List.of(), List.of(), rule);
			}
			if (rules.size() == 1 && this.required.isEmpty() && held.containsAll(scopes)) {
				return new AccessDecision(Outcome.GRANTED, scopes, List.of(), rule);
			}
			operation.addAll(scopes);
			if (!held.containsAll(scopes)) {
				unsatisfied = (unsatisfied != null) ? unsatisfied : rule;
				missing.addAll(without(scopes, held));
			}
		}
		if (missing.isEmpty()) {
			return new AccessDecision(Outcome.GRANTED, List.copyOf(operation), List.of(), rules.get(0));
		}
		return lacking(operation, missing, unsatisfied);
	}

	private AccessDecision lacking(Collection<String> operation, Collection<String> missing,
			@Nullable AccessRule rule) {
		return new AccessDecision((this.mode == Mode.REPORT) ? Outcome.REPORTED : Outcome.MISSING_SCOPES,
				List.copyOf(operation), List.copyOf(missing), rule);
	}

	private static List<String> without(List<String> scopes, Set<String> held) {
		return scopes.stream().filter((scope) -> !held.contains(scope)).toList();
	}

	/**
	 * The scopes that a rule asks for in a call.
	 */
	private List<String> scopes(AccessRule rule, Set<String> held, Predicate<AccessRule> condition) {
		return (rule.when() == null || condition.test(rule)) ? rule.requirement().operationScopes(held, this.hierarchy)
				: List.of();
	}

	/**
	 * The decision about a call that its own handler refuses, because it turned out to
	 * need more scopes than the rules say: denied in every mode, and challenged with the
	 * scopes of the rules and those together.
	 * @param target the target, a resource by its URI
	 * @param handler what serves it: the target itself, or a resource template
	 * @param granted the scopes that the caller holds, or {@code null} when there is no
	 * caller
	 * @param condition whether the condition of a rule holds for the call
	 * @param needed the scopes that the handler asks for
	 */
	public AccessDecision refuse(McpTarget target, McpTarget handler, @Nullable Set<String> granted,
			Predicate<AccessRule> condition, List<String> needed) {
		if (granted == null) {
			return unauthenticated(null);
		}
		if (this.asked.size() < MAX_ASKED) {
			this.asked.addAll(needed);
		}
		Set<String> held = this.hierarchy.reachable(granted);
		Set<String> operation = new LinkedHashSet<>(this.required);
		this.rules.rulesFor(target, handler).forEach((rule) -> operation.addAll(scopes(rule, held, condition)));
		operation.addAll(needed);
		List<String> missing = operation.stream().filter((scope) -> !held.contains(scope)).toList();
		return new AccessDecision(Outcome.MISSING_SCOPES, List.copyOf(operation),
				missing.isEmpty() ? List.copyOf(needed) : missing, null);
	}

	/**
	 * Whether a scope is among those that a caller holds, or contained in one of them.
	 * @param scope the scope
	 * @param granted the scopes that the caller holds
	 */
	public boolean holds(String scope, Set<String> granted) {
		return this.hierarchy.reachable(granted).contains(scope);
	}

	/**
	 * The scopes that the challenge of a denied call names: the missing ones, which come
	 * first because a challenge has a limited length, and then those that the client's
	 * next token must not lose.
	 * @param denial the decision
	 * @param granted the scopes that the caller holds
	 * @param kept whether the client keeps what it holds, so that only the scopes of the
	 * operation are named (MCP 2026-07-28). Otherwise all that the caller holds of this
	 * server's scopes are named as well (MCP 2025-11-25, "Runtime Insufficient Scope
	 * Errors"): clients replace the scopes of their token by those of the challenge.
	 */
	public List<String> challenged(AccessDecision denial, Set<String> granted, boolean kept) {
		Set<String> scopes = new LinkedHashSet<>(denial.missing());
		if (kept) {
			scopes.addAll(denial.operationScopes());
		}
		else {
			granted.stream().filter(this::concerns).sorted().forEach(scopes::add);
		}
		return List.copyOf(scopes);
	}

	/**
	 * Whether a scope is or contains one that is needed for something here. (A token may
	 * have others, such as those of OpenID Connect.)
	 */
	private boolean concerns(String scope) {
		return this.hierarchy.reachable(Set.of(scope))
			.stream()
			.anyMatch((each) -> scopes().contains(each) || this.asked.contains(each));
	}

	private static AccessDecision unauthenticated(@Nullable AccessRule rule) {
		return new AccessDecision(Outcome.UNAUTHENTICATED, List.of(), List.of(), rule);
	}

	/**
	 * The rules, for showing them.
	 */
	public RuleBook rules() {
		return this.rules;
	}

	/**
	 * What becomes of a call whose scopes are missing.
	 */
	public enum Mode {

		/** It is denied. */
		ENFORCE,

		/** It passes, and is reported: for introducing scopes on a live server. */
		REPORT

	}

	/**
	 * What callers see of what they may not use.
	 */
	public enum Visibility {

		/**
		 * Everything that somebody can be granted is listed with its scopes, and a call
		 * without them is challenged.
		 */
		STEP_UP,

		/** Only what the caller may use is listed; nothing else exists. */
		NEED_TO_KNOW

	}

}
