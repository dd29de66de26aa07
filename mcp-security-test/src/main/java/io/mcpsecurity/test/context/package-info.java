/**
 * For tests of applications with the starter: a security context with a caller, an
 * application context that trusts a local authorization server, and a check of everything
 * that the application offers.
 */
@NullMarked
package io.mcpsecurity.test.context;

import org.jspecify.annotations.NullMarked;
