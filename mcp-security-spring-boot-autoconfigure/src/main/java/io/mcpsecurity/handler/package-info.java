/**
 * The tool boundary: what the application's methods declare, and the guard around every
 * handler that the MCP server calls. The guard asks the same decision function as the
 * HTTP gate, so that a call that came another way is denied as well.
 */
@NullMarked
package io.mcpsecurity.handler;

import org.jspecify.annotations.NullMarked;
