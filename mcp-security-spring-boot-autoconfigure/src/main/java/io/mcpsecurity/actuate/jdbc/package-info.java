/**
 * Audit events in a database: those of the MCP servers as a sink of the audit trail,
 * those of the rest of an application as actuator's repository.
 */
@NullMarked
package io.mcpsecurity.actuate.jdbc;

import org.jspecify.annotations.NullMarked;
