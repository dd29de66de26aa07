/**
 * The only room that knows Spring Boot: properties and their checks, conditions, and the
 * wiring of the other rooms.
 */
@NullMarked
package io.mcpsecurity.autoconfigure;

import org.jspecify.annotations.NullMarked;
