/**
 * MCP servers in the styles in which applications write them. Each offers the tools that
 * {@code styles.mjs} calls.
 */
@NullMarked
package io.mcpsecurity.interop.styles;

import org.jspecify.annotations.NullMarked;
