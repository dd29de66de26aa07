/**
 * Calls of services behind an MCP server: the access tokens for them, the clients that
 * send these, and the refusal to send the caller's own token.
 */
@NullMarked
package io.mcpsecurity.downstream;

import org.jspecify.annotations.NullMarked;
