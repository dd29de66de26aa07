package io.mcpsecurity.transport;

import io.mcpsecurity.authorization.AccessPolicy;

/**
 * The identity of an MCP endpoint and its access policy.
 *
 * @param resource its identity
 * @param policy its policy
 */
public record ProtectedEndpoint(ProtectedResource resource, AccessPolicy policy) {
}
