/**
 * The API for applications: the annotation that declares required scopes, the caller of a
 * request, the check whether the caller holds a scope, and the exception that requests
 * more scopes. Most applications need only these types and configuration properties.
 */
@NullMarked
package io.mcpsecurity;

import org.jspecify.annotations.NullMarked;
