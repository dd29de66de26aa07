package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.transport.BearerChallenge;
import io.mcpsecurity.transport.ProtectedResource;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.security.authentication.AuthenticationManagerResolver;

/**
 * The parts of an MCP endpoint that do not depend on its MCP server.
 *
 * @param resource its identity
 * @param policy its access policy
 * @param authentication verifies its tokens
 * @param challenge its challenges
 */
record EndpointDefinition(ProtectedResource resource, AccessPolicy policy,
		AuthenticationManagerResolver<HttpServletRequest> authentication, BearerChallenge challenge) {
}
