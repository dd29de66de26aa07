package io.mcpsecurity.authorization;

import java.util.List;
import java.util.function.Predicate;

import io.mcpsecurity.message.McpTarget;

/**
 * A configured rule for a set of targets.
 */
public final class ConfiguredRule {

	private final List<TargetPattern> patterns;

	private final Predicate<McpTarget> matches;

	private final Access access;

	private final ScopeRequirement requirement;

	private final String source;

	public ConfiguredRule(List<TargetPattern> patterns, Access access, ScopeRequirement requirement, String source) {
		this.patterns = List.copyOf(patterns);
		this.matches = patterns.stream().map(TargetPattern::compile).reduce((target) -> false, Predicate::or);
		this.access = access;
		this.requirement = requirement;
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

	AccessRule of(McpTarget target) {
		return new AccessRule(target, this.access, this.requirement, this.source);
	}

	public List<TargetPattern> patterns() {
		return this.patterns;
	}

	public Access access() {
		return this.access;
	}

	public ScopeRequirement requirement() {
		return this.requirement;
	}

	public String source() {
		return this.source;
	}

}
