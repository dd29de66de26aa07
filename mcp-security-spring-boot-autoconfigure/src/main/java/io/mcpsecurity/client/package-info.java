/**
 * Which clients may come at all, whatever their tokens say, and how that is changed while
 * the server runs.
 */
@NullMarked
package io.mcpsecurity.client;

import org.jspecify.annotations.NullMarked;
