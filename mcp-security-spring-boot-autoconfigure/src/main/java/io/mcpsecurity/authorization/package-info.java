/**
 * Access decisions: whether a caller with certain scopes may use a target. The HTTP gate,
 * the handlers, listings and metadata all use these decisions, and no other package
 * decides. Does not depend on servlets or Spring Boot.
 */
@NullMarked
package io.mcpsecurity.authorization;

import org.jspecify.annotations.NullMarked;
