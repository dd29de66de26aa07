/**
 * Clients that are kept out, in a database that several servers have in common.
 */
@NullMarked
package io.mcpsecurity.client.jdbc;

import org.jspecify.annotations.NullMarked;
