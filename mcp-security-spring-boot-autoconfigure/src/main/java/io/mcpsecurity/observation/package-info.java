/**
 * What can be measured of requests: metrics, and the observations that traces are made
 * of. Nothing that a client chooses freely becomes a label.
 */
@NullMarked
package io.mcpsecurity.observation;

import org.jspecify.annotations.NullMarked;
