package io.mcpsecurity.authorization;

import io.mcpsecurity.message.McpTarget;

/**
 * The authentication that the code declares for one target. It does not grant access: the
 * scopes of the target are determined as without this rule.
 *
 * @param target the target; a resource's name may be a URI template
 * @param requirement the required authentication
 * @param source a description of where the rule is defined, for operators
 */
public record AuthenticationRule(McpTarget target, AuthenticationRequirement requirement, String source) {
}
