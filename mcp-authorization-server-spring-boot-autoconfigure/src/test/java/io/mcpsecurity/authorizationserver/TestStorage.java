package io.mcpsecurity.authorizationserver;

import java.time.Clock;
import java.util.Objects;

import com.zaxxer.hikari.HikariDataSource;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;

/**
 * Empty stores of a kind, in the same place.
 */
final class TestStorage implements AutoCloseable {

	private final @Nullable HikariDataSource dataSource;

	TestStorage(Kind kind) {
		this.dataSource = (kind.database != null) ? kind.database.newDataSource() : null;
	}

	ClientStore clients() {
		return (this.dataSource == null) ? new MemoryClientStore()
				: new JdbcClientStore(jdbc(), Database.sealing, TokenSettings.builder().build());
	}

	AuthorizationStore authorizations(ClientRegistry clients, Clock clock) {
		return (this.dataSource == null) ? new MemoryAuthorizationStore()
				: new JdbcAuthorizationStore(jdbc(), Database.sealing, clients, clock);
	}

	JdbcTemplate jdbc() {
		return new JdbcTemplate(Objects.requireNonNull(this.dataSource));
	}

	@Override
	public void close() {
		if (this.dataSource != null) {
			this.dataSource.close();
		}
	}

	/**
	 * Where the stores are.
	 */
	enum Kind {

		MEMORY(null), H2(Database.H2), POSTGRESQL(Database.POSTGRESQL);

		private final @Nullable Database database;

		Kind(@Nullable Database database) {
			this.database = database;
		}

	}

}
