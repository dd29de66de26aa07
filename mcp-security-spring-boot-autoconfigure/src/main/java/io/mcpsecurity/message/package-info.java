/**
 * One strict reading of a request's body: which method it calls, on which target, with
 * which arguments. What is read here is what the server will execute, or the message is
 * refused. Knows neither servlets nor Spring Boot.
 */
@NullMarked
package io.mcpsecurity.message;

import org.jspecify.annotations.NullMarked;
