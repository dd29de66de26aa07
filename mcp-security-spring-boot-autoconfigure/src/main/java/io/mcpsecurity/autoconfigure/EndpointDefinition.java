package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.transport.BearerChallenge;
import io.mcpsecurity.transport.ProtectedEndpoint;
import io.mcpsecurity.transport.ProtectedResource;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.security.authentication.AuthenticationManagerResolver;

/**
 * What is particular to an MCP endpoint, known before there is a server behind it.
 *
 * @param resource its identity
 * @param policy who may use what of it
 * @param authentication verifies its tokens
 * @param challenge its challenges
 */
record EndpointDefinition(ProtectedResource resource, AccessPolicy policy,
		AuthenticationManagerResolver<HttpServletRequest> authentication, BearerChallenge challenge) {

	ProtectedEndpoint protectedEndpoint() {
		return new ProtectedEndpoint(this.resource, this.policy);
	}

}
