/**
 * A research MCP server that is not open to everyone.
 */
@NullMarked
package io.mcpsecurity.sample;

import org.jspecify.annotations.NullMarked;
