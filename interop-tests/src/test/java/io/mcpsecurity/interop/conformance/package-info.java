/**
 * A server that offers what the MCP conformance suite asks for.
 */
@NullMarked
package io.mcpsecurity.interop.conformance;

import org.jspecify.annotations.NullMarked;
