/**
 * Clients and test suites that others wrote, run against the sample application and the
 * starter. The packages are those of {@code package-lock.json}; the scripts that use them
 * are in {@code src/test/js}, and the program for the MCP Java SDK in
 * {@code src/test/java-sdk}.
 */
@NullMarked
package io.mcpsecurity.interop;

import org.jspecify.annotations.NullMarked;
