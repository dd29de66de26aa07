/**
 * What operators see of the policy and of the audit trail while the server runs.
 */
@NullMarked
package io.mcpsecurity.actuate;

import org.jspecify.annotations.NullMarked;
