/**
 * The authorization server of the sample, in the same process: what makes the sample
 * answer its first secured call without anything else to install. Spring Authorization
 * Server does the protocol; here is what MCP clients need beyond its defaults: resource
 * indicators, open client registration with bounds, {@code iss} in the answers, complete
 * metadata, and pages on which users and administrators decide.
 */
@NullMarked
package io.mcpsecurity.sample.authorizationserver;

import org.jspecify.annotations.NullMarked;
