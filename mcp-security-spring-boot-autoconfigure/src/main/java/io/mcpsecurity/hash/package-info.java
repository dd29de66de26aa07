/**
 * Hashes that identify texts which must not be kept or shown.
 */
@NullMarked
package io.mcpsecurity.hash;

import org.jspecify.annotations.NullMarked;
