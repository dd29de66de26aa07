package io.mcpsecurity.authorization;

import java.util.Locale;

import io.mcpsecurity.message.McpTarget;

/**
 * What one target requires, and who said so.
 *
 * @param target the target; a resource's name may be a URI template
 * @param access what the rule makes of it
 * @param requirement the scopes it asks for; {@link ScopeRequirement#NONE} unless access
 * is {@link Access#SCOPES}
 * @param source where the rule stands, in words for an operator
 */
public record AccessRule(McpTarget target, Access access, ScopeRequirement requirement, String source) {

	/**
	 * A rule that asks for scopes.
	 */
	public AccessRule(McpTarget target, ScopeRequirement requirement, String source) {
		this(target, Access.SCOPES, requirement, source);
	}

	@Override
	public String toString() {
		return (this.access == Access.SCOPES) ? this.requirement.toString()
				: this.access.name().toLowerCase(Locale.ROOT);
	}

}
