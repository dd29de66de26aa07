/**
 * Parses the body of a request, strictly and once: its method, its target and its
 * arguments. The server executes exactly the parsed message. Does not depend on servlets
 * or Spring Boot.
 */
@NullMarked
package io.mcpsecurity.message;

import org.jspecify.annotations.NullMarked;
