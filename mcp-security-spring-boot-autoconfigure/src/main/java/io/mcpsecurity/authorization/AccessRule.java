package io.mcpsecurity.authorization;

import java.util.Locale;

import io.mcpsecurity.message.McpTarget;
import org.jspecify.annotations.Nullable;

/**
 * What one target requires, and who said so.
 *
 * @param target the target; a resource's name may be a URI template
 * @param access what the rule makes of it
 * @param requirement the scopes it asks for; {@link ScopeRequirement#NONE} unless access
 * is {@link Access#SCOPES}
 * @param source where the rule stands, in words for an operator
 * @param when the condition over a call's arguments under which the scopes are needed, or
 * {@code null} when they always are
 */
public record AccessRule(McpTarget target, Access access, ScopeRequirement requirement, String source,
		@Nullable String when) {

	/**
	 * A rule for every call.
	 */
	public AccessRule(McpTarget target, Access access, ScopeRequirement requirement, String source) {
		this(target, access, requirement, source, null);
	}

	/**
	 * A rule that asks for scopes.
	 */
	public AccessRule(McpTarget target, ScopeRequirement requirement, String source) {
		this(target, Access.SCOPES, requirement, source);
	}

	@Override
	public String toString() {
		return ((this.access == Access.SCOPES) ? this.requirement.toString()
				: this.access.name().toLowerCase(Locale.ROOT)) + ((this.when != null) ? " when " + this.when : "");
	}

}
