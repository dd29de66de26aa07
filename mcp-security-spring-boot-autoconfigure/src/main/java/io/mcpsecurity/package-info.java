/**
 * What an application imports: the annotation that declares scopes, the caller of a
 * request, the check whether that one holds a scope, and the exception that asks for more
 * scopes. Everything else is configuration or can be left alone.
 */
@NullMarked
package io.mcpsecurity;

import org.jspecify.annotations.NullMarked;
