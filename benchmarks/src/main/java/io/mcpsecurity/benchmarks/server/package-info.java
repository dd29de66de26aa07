/**
 * The servers that are compared: one application with one trivial tool, without security,
 * secured by hand, by a peer and by this starter.
 */
@NullMarked
package io.mcpsecurity.benchmarks.server;

import org.jspecify.annotations.NullMarked;
