/**
 * Metrics and observations of requests. Values that clients choose freely are never used
 * as labels.
 */
@NullMarked
package io.mcpsecurity.observation;

import org.jspecify.annotations.NullMarked;
