/**
 * A service behind the MCP server, and the tool that calls it on behalf of the caller.
 */
@NullMarked
package io.mcpsecurity.sample.archive;

import org.jspecify.annotations.NullMarked;
