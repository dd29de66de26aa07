/**
 * Actuator support: the endpoint for the policy, metrics, and audit events as application
 * events.
 */
@NullMarked
package io.mcpsecurity.actuate;

import org.jspecify.annotations.NullMarked;
