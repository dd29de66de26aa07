/**
 * What an application imports: the annotation that declares scopes and the caller of a
 * request. Everything else is configuration or can be left alone.
 */
@NullMarked
package io.mcpsecurity;

import org.jspecify.annotations.NullMarked;
