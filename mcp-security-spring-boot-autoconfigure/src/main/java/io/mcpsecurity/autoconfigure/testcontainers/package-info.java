/**
 * Authorization servers in containers, for an application's own tests and its
 * development.
 */
@NullMarked
package io.mcpsecurity.autoconfigure.testcontainers;

import org.jspecify.annotations.NullMarked;
