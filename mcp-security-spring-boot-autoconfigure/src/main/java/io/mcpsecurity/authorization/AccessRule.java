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
 * @param authentication the required authentication
 */
public record AccessRule(McpTarget target, Access access, ScopeRequirement requirement, String source,
		@Nullable String when, AuthenticationRequirement authentication) {

	/** Create a rule without a condition, for any authentication. */
	public AccessRule(McpTarget target, Access access, ScopeRequirement requirement, String source) {
		this(target, access, requirement, source, null);
	}

	/** Create a rule for any authentication. */
	public AccessRule(McpTarget target, Access access, ScopeRequirement requirement, String source,
			@Nullable String when) {
		this(target, access, requirement, source, when, AuthenticationRequirement.NONE);
	}

	/** Create a rule that requires scopes. */
	public AccessRule(McpTarget target, ScopeRequirement requirement, String source) {
		this(target, Access.SCOPES, requirement, source);
	}

	/**
	 * The same rule with a required authentication.
	 * @param rule the rule about the authentication, or {@code null} if there is none
	 */
	AccessRule with(@Nullable AuthenticationRule rule) {
		if (rule == null) {
			return this;
		}
		String both = this.source.equals(rule.source()) ? this.source : this.source + " and " + rule.source();
		return new AccessRule(this.target, this.access, this.requirement, both, this.when, rule.requirement());
	}

	/** Whether some authentications are not sufficient. */
	public boolean requiresAuthentication() {
		return !this.authentication.equals(AuthenticationRequirement.NONE);
	}

	@Override
	public String toString() {
		return ((this.access == Access.SCOPES) ? this.requirement.toString()
				: this.access.name().toLowerCase(Locale.ROOT)) + ((this.when != null) ? " when " + this.when : "")
				+ (requiresAuthentication() ? ", " + this.authentication : "");
	}

}
