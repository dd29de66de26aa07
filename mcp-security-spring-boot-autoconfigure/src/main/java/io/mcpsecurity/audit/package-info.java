/**
 * The audit trail: one event for each request with a target and for each refused request,
 * and the sinks to which events are written.
 */
@NullMarked
package io.mcpsecurity.audit;

import org.jspecify.annotations.NullMarked;
