package io.mcpsecurity.authorization;

import io.mcpsecurity.message.McpTarget;

/**
 * What one target requires, and who said so.
 *
 * @param target the target; a resource's name may be a URI template
 * @param requirement the scopes it asks for
 * @param source where the rule stands, in words for an operator
 */
public record AccessRule(McpTarget target, ScopeRequirement requirement, String source) {
}
