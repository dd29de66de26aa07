package io.mcpsecurity.authorization;

import io.mcpsecurity.authorization.OfferedTargets.Hints;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Scopes for tools without a rule, by the annotations of a tool, or by its name.
 * <p>
 * The hints are defined by the server's own code, so they are trusted here. Clients must
 * not trust them (MCP specification, "Tool annotations").
 *
 * @param readOnlyScope the scope of tools with {@code readOnlyHint}, or {@code null}
 * @param destructiveScope the scope of tools that are not read-only and have
 * {@code destructiveHint}, or {@code null}
 * @param scopeTemplate the scope of any other tool, with {@code {name}} for its name, or
 * {@code null}
 */
public record Conventions(@Nullable String readOnlyScope, @Nullable String destructiveScope,
		@Nullable String scopeTemplate) {

	/** No conventions. */
	public static final Conventions NONE = new Conventions(null, null, null);

	private static final String NAME = "{name}";

	/** The rule for a tool, or {@code null} if no convention applies to it. */
	@Nullable AccessRule of(McpTarget target, Hints hints) {
		if (target.kind() != Kind.TOOL) {
			return null;
		}
		if (hints.readOnly() && this.readOnlyScope != null) {
			return rule(target, this.readOnlyScope, "readOnlyHint and mcp-security.policy.read-only-scope");
		}
		if (!hints.readOnly() && hints.destructive() && this.destructiveScope != null) {
			return rule(target, this.destructiveScope, "destructiveHint and mcp-security.policy.destructive-scope");
		}
		return (this.scopeTemplate != null)
				? rule(target, this.scopeTemplate.replace(NAME, target.name()), "mcp-security.policy.scope-template")
				: null;
	}

	private static AccessRule rule(McpTarget target, String scope, String source) {
		try {
			return new AccessRule(target, ScopeRequirement.of(scope), source);
		}
		catch (IllegalArgumentException ex) {
			// The tool's name is not a valid scope, which servers with lenient names
			// allow.
			return new AccessRule(target, Access.DENY, ScopeRequirement.NONE, source + ": " + ex.getMessage());
		}
	}

}
