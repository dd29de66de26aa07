package io.mcpsecurity.transport;

import io.mcpsecurity.authorization.AccessPolicy;

/**
 * What an MCP endpoint is and who may use what of it.
 *
 * @param resource its identity
 * @param policy its policy
 */
public record ProtectedEndpoint(ProtectedResource resource, AccessPolicy policy) {
}
