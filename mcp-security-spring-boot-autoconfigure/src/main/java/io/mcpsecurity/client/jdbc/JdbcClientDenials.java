package io.mcpsecurity.client.jdbc;

import java.util.Set;

import javax.sql.DataSource;

import io.mcpsecurity.client.ClientDenials;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Stores denied clients in the table {@code mcp_client_denial} of a database.
 */
public final class JdbcClientDenials implements ClientDenials {

	private final JdbcTemplate jdbc;

	/**
	 * Create the store; the table must be there.
	 * @param dataSource the database
	 * @param timeoutSeconds the query timeout, positive
	 */
	public JdbcClientDenials(DataSource dataSource, int timeoutSeconds) {
		this.jdbc = new JdbcTemplate(dataSource);
		this.jdbc.setQueryTimeout(timeoutSeconds);
	}

	@Override
	public Set<String> all() {
		return Set.copyOf(this.jdbc.queryForList("select client from mcp_client_denial", String.class));
	}

	@Override
	public void add(String client) {
		try {
			this.jdbc.update("insert into mcp_client_denial (client) values (?)", client);
		}
		catch (DuplicateKeyException ex) {
			// The client is already denied.
		}
	}

	@Override
	public void remove(String client) {
		this.jdbc.update("delete from mcp_client_denial where client = ?", client);
	}

}
