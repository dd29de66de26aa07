package io.mcpsecurity.authorization;

import java.util.Locale;

import io.mcpsecurity.message.McpTarget;
import org.jspecify.annotations.Nullable;

/**
 * The requirements of one target, and their source.
 *
 * @param target the target; a resource's name may be a URI template
 * @param access the access that the rule grants
 * @param requirement the required scopes; {@link ScopeRequirement#NONE} unless access is
 * {@link Access#SCOPES}
 * @param source a description of where the rule is defined, for operators
 * @param when the condition on a call's arguments under which the scopes are required, or
 * {@code null} if they always are
 */
public record AccessRule(McpTarget target, Access access, ScopeRequirement requirement, String source,
		@Nullable String when) {

	/** Create a rule without a condition. */
	public AccessRule(McpTarget target, Access access, ScopeRequirement requirement, String source) {
		this(target, access, requirement, source, null);
	}

	/** Create a rule that requires scopes. */
	public AccessRule(McpTarget target, ScopeRequirement requirement, String source) {
		this(target, Access.SCOPES, requirement, source);
	}

	@Override
	public String toString() {
		return ((this.access == Access.SCOPES) ? this.requirement.toString()
				: this.access.name().toLowerCase(Locale.ROOT)) + ((this.when != null) ? " when " + this.when : "");
	}

}
