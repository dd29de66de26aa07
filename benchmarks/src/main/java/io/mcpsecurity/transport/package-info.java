/**
 * A server with only the transport of the library. It is in this package because the
 * transport is package-private.
 */
@NullMarked
package io.mcpsecurity.transport;

import org.jspecify.annotations.NullMarked;
