/**
 * The parts of a call's security, each by itself.
 */
@NullMarked
package io.mcpsecurity.benchmarks.parts;

import org.jspecify.annotations.NullMarked;
