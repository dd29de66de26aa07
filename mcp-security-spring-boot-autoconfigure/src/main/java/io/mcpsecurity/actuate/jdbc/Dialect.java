package io.mcpsecurity.actuate.jdbc;

import java.sql.DatabaseMetaData;
import java.util.Collections;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcOperations;

/**
 * The statements that differ between databases.
 */
enum Dialect {

	/**
	 * PostgreSQL. The insertion does not name the column of the conflict, because that
	 * would require the permission to read.
	 */
	POSTGRESQL("insert into mcp_audit_event (%s) values %s on conflict do nothing", "cast(? as jsonb)", """
			delete from mcp_audit_event where id in (
			select id from mcp_audit_event where occurred_at < ? order by occurred_at limit ?)"""),

	/** H2, which deletes in the order of the index. */
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

	/** The statement that inserts rows, except rows whose id already exists. */
	String insertion(int rows) {
		String row = "(" + "?, ".repeat(AuditRow.columns().size() - 1) + this.json + ")";
		return String.format(this.insertion, String.join(", ", AuditRow.columns()),
				String.join(", ", Collections.nCopies(rows, row)));
	}

	/** The statement that deletes the oldest rows before a time, up to a limit. */
	String deletion() {
		return this.deletion;
	}

}
