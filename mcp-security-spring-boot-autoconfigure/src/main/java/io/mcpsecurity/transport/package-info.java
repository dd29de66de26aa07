/**
 * The HTTP face: the filters of the MCP endpoint in the order in which a request meets
 * them, the challenges they answer with, and the protected resource metadata.
 */
@NullMarked
package io.mcpsecurity.transport;

import org.jspecify.annotations.NullMarked;
