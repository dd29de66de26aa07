/**
 * The audit trail: one event for each request that tries to do something and for each
 * that is refused, and the sinks it is written to.
 */
@NullMarked
package io.mcpsecurity.audit;

import org.jspecify.annotations.NullMarked;
