package io.mcpsecurity.actuate.jdbc;

import java.sql.DatabaseMetaData;
import java.util.Collections;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcOperations;

/**
 * The statements on which databases do not agree.
 */
enum Dialect {

	/**
	 * PostgreSQL. The insertion does not name the id that it may be in conflict with:
	 * that would take the permission to read.
	 */
	POSTGRESQL("insert into mcp_audit_event (%s) values %s on conflict do nothing", "cast(? as jsonb)", """
			delete from mcp_audit_event where id in (
			select id from mcp_audit_event where occurred_at < ? order by occurred_at limit ?)"""),

	/**
	 * H2, which keeps to the order of the index that it deletes by.
	 */
	H2("merge into mcp_audit_event (%s) key (id) values %s", "? format json",
			"delete from mcp_audit_event where occurred_at < ? fetch first ? rows only");

	private final String insertion;

	private final String json;

	private final String deletion;

	Dialect(String insertion, String json, String deletion) {
		this.insertion = insertion;
		this.json = json;
		this.deletion = deletion;
	}

	/**
	 * The dialect of a database.
	 * @throws IllegalStateException if it is none of these
	 */
	static Dialect of(JdbcOperations jdbc) {
		String product = jdbc.execute((ConnectionCallback<@Nullable String>) (connection) -> {
			DatabaseMetaData metadata = connection.getMetaData();
			return metadata.getDatabaseProductName();
		});
		for (Dialect dialect : values()) {
			if (dialect.name().equalsIgnoreCase(product)) {
				return dialect;
			}
		}
		throw new IllegalStateException("Audit events can be stored in PostgreSQL and H2, but not in " + product);
	}

	/**
	 * The statement that inserts rows and tolerates those whose id is there already.
	 */
	String insertion(int rows) {
		String row = "(" + "?, ".repeat(AuditRow.columns().size() - 1) + this.json + ")";
		return String.format(this.insertion, String.join(", ", AuditRow.columns()),
				String.join(", ", Collections.nCopies(rows, row)));
	}

	/**
	 * The statement that deletes the oldest rows from before a time, as many as told.
	 */
	String deletion() {
		return this.deletion;
	}

}
