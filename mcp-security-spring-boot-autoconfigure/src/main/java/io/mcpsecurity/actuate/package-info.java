/**
 * What operators see of the policy while the server runs.
 */
@NullMarked
package io.mcpsecurity.actuate;

import org.jspecify.annotations.NullMarked;
