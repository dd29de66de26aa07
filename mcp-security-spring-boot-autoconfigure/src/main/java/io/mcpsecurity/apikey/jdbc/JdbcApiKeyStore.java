package io.mcpsecurity.apikey.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;

import javax.sql.DataSource;

import io.mcpsecurity.apikey.ApiKey;
import io.mcpsecurity.apikey.ApiKeyStore;
import io.mcpsecurity.hash.Sha256;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.util.StringUtils;

/**
 * Stores API keys in the table {@code mcp_api_key} of a database. Each use of a key is
 * one lookup by its id, so that a change applies at once, to all instances.
 */
public final class JdbcApiKeyStore implements ApiKeyStore {

	private static final String SELECT = "select id, hash, subject, client, scopes, expires_at, networks from mcp_api_key";

	private final JdbcTemplate jdbc;

	/**
	 * Create the store; the table must be there.
	 * @param dataSource the database
	 * @param timeoutSeconds the query timeout, positive
	 */
	public JdbcApiKeyStore(DataSource dataSource, int timeoutSeconds) {
		this.jdbc = new JdbcTemplate(dataSource);
		this.jdbc.setQueryTimeout(timeoutSeconds);
	}

	@Override
	public @Nullable ApiKey find(String id) {
		return this.jdbc.query(SELECT + " where id = ?", JdbcApiKeyStore::key, id).stream().findFirst().orElse(null);
	}

	@Override
	public List<ApiKey> all() {
		return this.jdbc.query(SELECT + " order by id", JdbcApiKeyStore::key);
	}

	@Override
	public void add(ApiKey key) {
		this.jdbc.update(
				"insert into mcp_api_key (id, hash, subject, client, scopes, expires_at, networks) values (?, ?, ?, ?, ?, ?, ?)",
				key.id(), key.hash().toString(), key.subject(), key.client(), String.join(" ", key.scopes()),
				time(key.expiresAt()), String.join(" ", key.networks()));
	}

	@Override
	public boolean expire(String id, Instant time) {
		return this.jdbc.update("update mcp_api_key set expires_at = least(expires_at, ?) where id = ?", time(time),
				id) > 0;
	}

	@Override
	public boolean remove(String id) {
		return this.jdbc.update("delete from mcp_api_key where id = ?", id) > 0;
	}

	private static ApiKey key(ResultSet row, int number) throws SQLException {
		return new ApiKey(row.getString(1), Sha256.parse(row.getString(2)), row.getString(3), row.getString(4),
				Set.of(StringUtils.tokenizeToStringArray(row.getString(5), " ")),
				row.getObject(6, OffsetDateTime.class).toInstant(),
				List.of(StringUtils.tokenizeToStringArray(row.getString(7), " ")));
	}

	private static OffsetDateTime time(Instant time) {
		return time.atOffset(ZoneOffset.UTC);
	}

}
