package io.mcpsecurity;

/**
 * Asks the policy of this server which scopes a caller holds. It is for a tool, resource
 * or prompt that can tell only while it runs whether it needs a scope, and is there as a
 * bean, to be injected.
 */
@FunctionalInterface
public interface ScopeCheck {

	/**
	 * Whether a caller holds a scope, granted as such or contained in a broader one by
	 * {@code mcp-security.policy.scope-hierarchy}. ({@link McpCaller#scopes()} are only
	 * those that were granted.) The answer is the same in
	 * {@code mcp-security.policy.enforcement=report}.
	 * @param caller the caller
	 * @param scope the scope, by its name in rules
	 */
	boolean holds(McpCaller caller, String scope);

}
