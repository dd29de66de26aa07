package io.mcpsecurity.authorization;

import java.util.List;
import java.util.function.Predicate;

import io.mcpsecurity.message.McpTarget;
import org.jspecify.annotations.Nullable;

/**
 * A configured rule for a set of targets. It determines who has access to them, or how
 * callers must have signed in, or both.
 */
public final class ConfiguredRule {

	private final List<TargetPattern> patterns;

	private final Predicate<McpTarget> matches;

	private final @Nullable Access access;

	private final ScopeRequirement requirement;

	private final AuthenticationRequirement authentication;

	private final String source;

	/**
	 * Create a rule.
	 * @param patterns the targets
	 * @param access the access that the rule grants, or {@code null} if other rules
	 * determine it
	 * @param requirement the required scopes
	 * @param authentication the required authentication, or
	 * {@link AuthenticationRequirement#NONE} if other rules determine it
	 * @param source a description of where the rule is defined, for operators
	 */
	public ConfiguredRule(List<TargetPattern> patterns, @Nullable Access access, ScopeRequirement requirement,
			AuthenticationRequirement authentication, String source) {
		this.patterns = List.copyOf(patterns);
		this.matches = patterns.stream().map(TargetPattern::compile).reduce((target) -> false, Predicate::or);
		this.access = access;
		this.requirement = requirement;
		this.authentication = authentication;
		this.source = source;
	}

	/** Whether the rule applies to a target. */
	boolean matches(McpTarget target) {
		return this.matches.test(target);
	}

	/**
	 * Whether the rule contains the exact name of the target, and not only a matching
	 * pattern.
	 */
	boolean names(McpTarget target) {
		return this.patterns.stream()
			.anyMatch((pattern) -> pattern.exact() && pattern.kind() == target.kind()
					&& pattern.text().equals(target.name()));
	}

	/**
	 * The rule for the access to a target, or {@code null} if other rules determine it.
	 */
	@Nullable AccessRule of(McpTarget target) {
		return (this.access != null) ? new AccessRule(target, this.access, this.requirement, this.source) : null;
	}

	/** Whether the rule determines the required authentication. */
	boolean requiresAuthentication() {
		return !this.authentication.equals(AuthenticationRequirement.NONE);
	}

	public List<TargetPattern> patterns() {
		return this.patterns;
	}

	public @Nullable Access access() {
		return this.access;
	}

	public ScopeRequirement requirement() {
		return this.requirement;
	}

	public AuthenticationRequirement authentication() {
		return this.authentication;
	}

	public String source() {
		return this.source;
	}

}
