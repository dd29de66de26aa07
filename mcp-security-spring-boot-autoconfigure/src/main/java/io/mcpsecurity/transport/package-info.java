/**
 * The HTTP layer: the filters of MCP endpoints, transports, sessions and streams,
 * challenges, and the protected resource metadata.
 */
@NullMarked
package io.mcpsecurity.transport;

import org.jspecify.annotations.NullMarked;
