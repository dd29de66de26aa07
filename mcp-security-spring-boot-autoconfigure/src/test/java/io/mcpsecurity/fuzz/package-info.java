/**
 * What is decided about, compared with what handlers receive.
 */
@NullMarked
package io.mcpsecurity.fuzz;

import org.jspecify.annotations.NullMarked;
