/**
 * The authorization server of the sample, in the same process, so that the sample works
 * without a separate installation. Spring Authorization Server implements the protocol.
 * This package adds what MCP clients need beyond its defaults: resource indicators, open
 * client registration with limits, {@code iss} in responses, complete metadata, and pages
 * for users and administrators.
 */
@NullMarked
package io.mcpsecurity.authorizationserver;

import org.jspecify.annotations.NullMarked;
