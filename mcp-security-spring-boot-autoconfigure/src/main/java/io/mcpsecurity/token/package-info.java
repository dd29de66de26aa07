/**
 * From an access token to a caller: the issuers' keys, what a token must be to be
 * accepted here, and how its claims are read.
 */
@NullMarked
package io.mcpsecurity.token;

import org.jspecify.annotations.NullMarked;
