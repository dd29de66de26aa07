/**
 * What the gate reads, compared with what the server behind it executes.
 */
@NullMarked
package io.mcpsecurity.fuzz;

import org.jspecify.annotations.NullMarked;
