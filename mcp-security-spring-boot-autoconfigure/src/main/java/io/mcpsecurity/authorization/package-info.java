/**
 * The one decision: may a caller with these scopes use this target. The HTTP gate, the
 * tool boundary, listings and metadata all ask here and nobody decides elsewhere. Knows
 * neither servlets nor Spring Boot.
 */
@NullMarked
package io.mcpsecurity.authorization;

import org.jspecify.annotations.NullMarked;
