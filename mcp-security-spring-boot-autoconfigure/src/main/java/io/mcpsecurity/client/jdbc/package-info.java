/**
 * Denied clients in a database that several instances share.
 */
@NullMarked
package io.mcpsecurity.client.jdbc;

import org.jspecify.annotations.NullMarked;
