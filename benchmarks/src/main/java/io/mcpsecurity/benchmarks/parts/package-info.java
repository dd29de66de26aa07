/**
 * Benchmarks of the single parts of a call's security.
 */
@NullMarked
package io.mcpsecurity.benchmarks.parts;

import org.jspecify.annotations.NullMarked;
