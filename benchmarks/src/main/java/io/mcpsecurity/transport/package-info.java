/**
 * The transport of the library as a server by itself, which only its own package can
 * make.
 */
@NullMarked
package io.mcpsecurity.transport;

import org.jspecify.annotations.NullMarked;
