/**
 * A server in a machine of its own, under attacks that last.
 */
@NullMarked
package io.mcpsecurity.soak;

import org.jspecify.annotations.NullMarked;
