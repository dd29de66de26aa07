/**
 * API keys in a database that several instances share.
 */
@NullMarked
package io.mcpsecurity.apikey.jdbc;

import org.jspecify.annotations.NullMarked;
