package io.mcpsecurity;

/**
 * Checks by the policy of this server whether a caller holds a scope. It is a bean for
 * tools, resources and prompts that determine only at run time whether they need a scope.
 */
@FunctionalInterface
public interface ScopeCheck {

	/**
	 * Whether a caller holds a scope, granted as such or contained in a broader one by
	 * {@code mcp-security.policy.scope-hierarchy}. ({@link McpCaller#scopes()} contains
	 * only the granted scopes.) The result is the same with
	 * {@code mcp-security.policy.enforcement=report}.
	 * @param caller the caller
	 * @param scope the scope, by its name in rules
	 */
	boolean holds(McpCaller caller, String scope);

}
