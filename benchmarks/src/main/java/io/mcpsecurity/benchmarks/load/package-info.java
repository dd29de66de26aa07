/**
 * Starts the servers side by side, puts load on each in turns, and prints what a call
 * costs.
 */
@NullMarked
package io.mcpsecurity.benchmarks.load;

import org.jspecify.annotations.NullMarked;
