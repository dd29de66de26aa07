/**
 * Stores audit events in a database: events of MCP servers as a sink of the audit trail,
 * and events of the rest of the application as actuator's repository.
 */
@NullMarked
package io.mcpsecurity.actuate.jdbc;

import org.jspecify.annotations.NullMarked;
