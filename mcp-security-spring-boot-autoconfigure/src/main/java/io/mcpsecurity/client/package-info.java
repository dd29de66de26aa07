/**
 * Which clients are accepted, independently of their tokens' scopes, and denying clients
 * at run time.
 */
@NullMarked
package io.mcpsecurity.client;

import org.jspecify.annotations.NullMarked;
