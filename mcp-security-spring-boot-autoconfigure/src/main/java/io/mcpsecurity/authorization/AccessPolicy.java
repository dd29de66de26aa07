package io.mcpsecurity.authorization;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpMethod;
import io.mcpsecurity.message.McpTarget;
import org.jspecify.annotations.Nullable;

/**
 * Decides about all access, by the rules of this server.
 * <p>
 * Safe for use by several threads.
 */
public final class AccessPolicy {

	private static final AccessDecision NO_RULE = new AccessDecision(Outcome.NO_RULE, List.of(), List.of(), null);

	/** Treats conditions as false while a call's arguments are not known. */
	private static final Predicate<AccessRule> UNDECIDED = (rule) -> false;

	/** The maximum number of scopes that are kept of handlers' requests. */
	private static final int MAX_ASKED = 1000;

	private final RuleBook ruleBook;

	private final ScopeHierarchy hierarchy;

	private final Mode mode;

	private final boolean publicDiscovery;

	private final Visibility visibility;

	private final Duration clockSkew;

	/** Scopes that handlers have requested. They need not occur in rules. */
	private final Set<String> asked = ConcurrentHashMap.newKeySet();

	private final List<String> required;

	/**
	 * Create a policy.
	 * @param ruleBook the rules
	 * @param hierarchy the scope hierarchy
	 * @param mode the behavior if scopes of a call are missing
	 * @param publicDiscovery whether clients without a token may initialize, ping and
	 * list
	 * @param visibility the visibility of targets that a caller may not use
	 * @param clockSkew the maximum difference of clocks when the age of an authentication
	 * is checked
	 */
	public AccessPolicy(RuleBook ruleBook, ScopeHierarchy hierarchy, Mode mode, boolean publicDiscovery,
			Visibility visibility, Duration clockSkew) {
		this(ruleBook, hierarchy, mode, publicDiscovery, visibility, clockSkew, List.of());
	}

	private AccessPolicy(RuleBook ruleBook, ScopeHierarchy hierarchy, Mode mode, boolean publicDiscovery,
			Visibility visibility, Duration clockSkew, List<String> required) {
		this.ruleBook = ruleBook;
		this.hierarchy = hierarchy;
		this.mode = mode;
		this.publicDiscovery = publicDiscovery;
		this.visibility = visibility;
		this.clockSkew = clockSkew;
		this.required = required;
	}

	/** The same policy with other rules. */
	public AccessPolicy with(RuleBook ruleBook) {
		return new AccessPolicy(ruleBook, this.hierarchy, this.mode, this.publicDiscovery, this.visibility,
				this.clockSkew, this.required);
	}

	/**
	 * The same policy for an endpoint that requires additional scopes of every request.
	 */
	public AccessPolicy requiring(List<String> scopes) {
		return new AccessPolicy(this.ruleBook, this.hierarchy, this.mode, this.publicDiscovery, this.visibility,
				this.clockSkew, Stream.concat(this.required.stream(), scopes.stream()).distinct().toList());
	}

	/** The scopes that every request needs. */
	public List<String> required() {
		return this.required;
	}

	/** Every scope that the endpoint or a rule requires. */
	public List<String> scopes() {
		return Stream.concat(this.required.stream(), this.ruleBook.scopes().stream()).distinct().toList();
	}

	/**
	 * Decide whether a caller holds the scopes that every request needs.
	 * @param granted the scopes that the caller holds
	 */
	public AccessDecision enter(Set<String> granted) {
		List<String> missing = this.required.isEmpty() ? List.of() : without(this.required, held(granted));
		return missing.isEmpty() ? NO_RULE : lacking(this.required, missing, null, AuthenticationRequirement.NONE);
	}

	/**
	 * Decide about a message by its target, or without a target by its method. Without a
	 * target, only the scopes that every request needs are required.
	 * @param message the message
	 * @param caller the caller, or {@code null} if there is none
	 */
	public AccessDecision decide(McpMessage message, @Nullable McpCaller caller) {
		if (message.target() != null) {
			return decide(message.target(), caller);
		}
		if (caller != null) {
			return enter(caller.scopes());
		}
		boolean discovery = servesAnonymous() && this.publicDiscovery && McpMethod.of(message.method()).isDiscovery();
		return discovery ? NO_RULE : AccessDecision.deny(Outcome.UNAUTHENTICATED, null);
	}

	/**
	 * Whether a denial is hidden from the caller: the response is the same as for an
	 * unknown target. (Without a caller, all responses are the same anyway.)
	 * @param denial a denial that was decided before the arguments were known
	 */
	public boolean hides(AccessDecision denial) {
		return this.visibility == Visibility.NEED_TO_KNOW
				&& (denial.canStepUp() || denial.outcome() == Outcome.FORBIDDEN);
	}

	/** Whether a request without a caller can be granted. */
	public boolean servesAnonymous() {
		return this.required.isEmpty() && (this.publicDiscovery || this.ruleBook.anyPublic());
	}

	/**
	 * Decide whether a caller may use a target.
	 * @param target the target, a resource by its URI
	 * @param caller the caller, or {@code null} if there is none
	 */
	public AccessDecision decide(McpTarget target, @Nullable McpCaller caller) {
		List<AccessRule> rules = this.ruleBook.rulesFor(target, null);
		AccessDecision decision = rules.isEmpty() ? NO_RULE : decide(rules, caller, UNDECIDED);
		if (caller == null) {
			return (decision == NO_RULE) ? AccessDecision.deny(Outcome.UNAUTHENTICATED, null) : decision;
		}
		return (decision.outcome() == Outcome.GRANTED || this.ruleBook.knows(target)) ? decision : NO_RULE;
	}

	/**
	 * Decide whether a caller may use a target that has a handler and therefore exists.
	 * Scopes with a condition are not required.
	 * @param target the target, a resource by its URI
	 * @param handler the offered target that serves it: the target itself, or a resource
	 * template
	 * @param caller the caller, or {@code null} if there is none
	 */
	public AccessDecision decide(McpTarget target, McpTarget handler, @Nullable McpCaller caller) {
		return decide(target, handler, caller, UNDECIDED);
	}

	/**
	 * Decide whether a caller may make a call with known arguments.
	 * @param target the target, a resource by its URI
	 * @param handler the offered target that serves it: the target itself, or a resource
	 * template
	 * @param caller the caller, or {@code null} if there is none
	 * @param condition evaluates the condition of a rule for the call; if it throws an
	 * exception, the call is denied
	 */
	public AccessDecision decide(McpTarget target, McpTarget handler, @Nullable McpCaller caller,
			Predicate<AccessRule> condition) {
		return decide(this.ruleBook.rulesFor(target, handler), caller, condition);
	}

	/**
	 * Whether offered targets are listed to a caller. Targets that are denied for all
	 * callers are never listed. Without a caller (only if discovery is public) this is
	 * the only criterion.
	 * @param caller the caller, or {@code null} if there is none
	 */
	public Predicate<McpTarget> listedTo(@Nullable McpCaller caller) {
		if (caller == null || this.visibility == Visibility.STEP_UP) {
			return (target) -> this.ruleBook.ruleFor(target).access() != Access.DENY;
		}
		Predicate<String> held = held(caller.scopes());
		return (target) -> !decide(this.ruleBook.rulesFor(target, target), caller, held, UNDECIDED).denied();
	}

	private Predicate<String> held(Set<String> granted) {
		return this.hierarchy.held(granted);
	}

	private AccessDecision decide(List<AccessRule> rules, @Nullable McpCaller caller, Predicate<AccessRule> condition) {
		return decide(rules, caller, held((caller != null) ? caller.scopes() : Set.of()), condition);
	}

	/**
	 * All rules must be satisfied. The decision contains the missing scopes of all rules,
	 * and the authentication that satisfies those whose authentication is insufficient.
	 */
	private AccessDecision decide(List<AccessRule> rules, @Nullable McpCaller caller, Predicate<String> held,
			Predicate<AccessRule> condition) {
		AuthenticationRequirement authentication = AuthenticationRequirement.NONE;
		Set<String> operation = new LinkedHashSet<>(this.required);
		Set<String> missing = new LinkedHashSet<>(without(this.required, held));
		AccessRule unsatisfied = null;
		for (AccessRule rule : rules) {
			boolean isPublic = rule.access() == Access.PUBLIC && !rule.requiresAuthentication();
			if (caller == null && (!isPublic || !this.required.isEmpty())) {
				// Anonymous clients always get a plain 401, also if the target is denied
				// for all.
				return AccessDecision.deny(Outcome.UNAUTHENTICATED, rule);
			}
			if (rule.access() == Access.DENY) {
				return AccessDecision.deny(Outcome.FORBIDDEN, rule);
			}
			List<String> scopes;
			try {
				scopes = scopes(rule, held, condition);
			}
			catch (RuntimeException ex) {
				return AccessDecision.deny(Outcome.FORBIDDEN, rule);
			}
			boolean sufficient = isSufficient(rule.authentication(), caller);
			if (rules.size() == 1 && this.required.isEmpty() && sufficient && scopes.stream().allMatch(held)) {
				return new AccessDecision(Outcome.GRANTED, scopes, List.of(), rule);
			}
			operation.addAll(scopes);
			if (!sufficient || !scopes.stream().allMatch(held)) {
				unsatisfied = (unsatisfied != null) ? unsatisfied : rule;
				missing.addAll(without(scopes, held));
			}
			if (!sufficient) {
				authentication = authentication.and(rule.authentication());
			}
		}
		if (missing.isEmpty() && authentication.equals(AuthenticationRequirement.NONE)) {
			return new AccessDecision(Outcome.GRANTED, List.copyOf(operation), List.of(), rules.get(0));
		}
		return lacking(operation, missing, unsatisfied, authentication);
	}

	private boolean isSufficient(AuthenticationRequirement requirement, @Nullable McpCaller caller) {
		return requirement.equals(AuthenticationRequirement.NONE)
				|| (caller != null && requirement.isSatisfiedBy(caller, Instant.now(), this.clockSkew));
	}

	private AccessDecision lacking(Collection<String> operation, Collection<String> missing, @Nullable AccessRule rule,
			AuthenticationRequirement authentication) {
		Outcome outcome = authentication.equals(AuthenticationRequirement.NONE) ? Outcome.MISSING_SCOPES
				: Outcome.INSUFFICIENT_AUTHENTICATION;
		return new AccessDecision((this.mode == Mode.REPORT) ? Outcome.REPORTED : outcome, List.copyOf(operation),
				List.copyOf(missing), rule, authentication);
	}

	private static List<String> without(Collection<String> scopes, Predicate<String> held) {
		return scopes.stream().filter(held.negate()).toList();
	}

	/** The scopes that a rule requires for a call. */
	private List<String> scopes(AccessRule rule, Predicate<String> held, Predicate<AccessRule> condition) {
		return (rule.when() == null || condition.test(rule)) ? rule.requirement().operationScopes(held, this.hierarchy)
				: List.of();
	}

	/**
	 * The decision about a call that its own handler refuses because it requires more
	 * scopes or another authentication than the rules. The call is denied in every mode,
	 * and the challenge contains the requirements of the rules and of the handler.
	 * @param target the target, a resource by its URI
	 * @param handler the offered target that serves it: the target itself, or a resource
	 * template
	 * @param caller the caller, or {@code null} if there is none
	 * @param condition evaluates the condition of a rule for the call
	 * @param needed the scopes that the handler requires
	 * @param authentication the authentication that the handler requires
	 */
	public AccessDecision refuse(McpTarget target, McpTarget handler, @Nullable McpCaller caller,
			Predicate<AccessRule> condition, List<String> needed, AuthenticationRequirement authentication) {
		if (caller == null) {
			return AccessDecision.deny(Outcome.UNAUTHENTICATED, null);
		}
		if (this.asked.size() < MAX_ASKED) {
			this.asked.addAll(needed);
		}
		Predicate<String> held = held(caller.scopes());
		Set<String> operation = new LinkedHashSet<>(this.required);
		List<AccessRule> rules = this.ruleBook.rulesFor(target, handler);
		rules.forEach((rule) -> operation.addAll(scopes(rule, held, condition)));
		operation.addAll(needed);
		List<String> missing = without(operation, held);
		if (authentication.equals(AuthenticationRequirement.NONE)) {
			return new AccessDecision(Outcome.MISSING_SCOPES, List.copyOf(operation),
					missing.isEmpty() ? List.copyOf(needed) : missing, null);
		}
		return new AccessDecision(Outcome.INSUFFICIENT_AUTHENTICATION, List.copyOf(operation), missing, null,
				rules.stream().map(AccessRule::authentication).reduce(authentication, AuthenticationRequirement::and));
	}

	/**
	 * Whether a caller holds a scope, directly or by a scope that contains it.
	 * @param scope the scope
	 * @param granted the scopes that the caller holds
	 */
	public boolean holds(String scope, Set<String> granted) {
		return held(granted).test(scope);
	}

	/**
	 * The scopes for the challenge of a denied call. The missing scopes come first,
	 * because the length of a challenge is limited. They are followed by the scopes that
	 * the client's next token must still have.
	 * @param denial the decision
	 * @param granted the scopes that the caller holds
	 * @param kept whether the client keeps the scopes that it holds, so that the
	 * challenge contains only the scopes of the operation (MCP 2026-07-28). Otherwise the
	 * challenge also contains all scopes of this server that the caller holds (MCP
	 * 2025-11-25, "Runtime Insufficient Scope Errors"), because clients replace the
	 * scopes of their token with the scopes of the challenge.
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
	 * Whether a scope is used by this server, directly or by the hierarchy. (A token can
	 * have other scopes, such as those of OpenID Connect.)
	 */
	private boolean concerns(String scope) {
		return Stream.concat(scopes().stream(), this.asked.stream()).anyMatch(held(Set.of(scope)));
	}

	/** The rules, for displaying them. */
	public RuleBook ruleBook() {
		return this.ruleBook;
	}

	/** The behavior if scopes of a call are missing. */
	public enum Mode {

		/** The call is denied. */
		ENFORCE,

		/** The call passes and is reported, for introducing scopes on a live server. */
		REPORT

	}

	/** The visibility of targets that a caller may not use. */
	public enum Visibility {

		/**
		 * All targets that can be granted to a caller are listed with their scopes, and a
		 * call without the scopes is challenged.
		 */
		STEP_UP,

		/**
		 * Only targets that the caller may use are listed. All other targets appear not
		 * to exist.
		 */
		NEED_TO_KNOW

	}

}
