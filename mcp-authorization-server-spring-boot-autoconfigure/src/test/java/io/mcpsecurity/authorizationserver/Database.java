package io.mcpsecurity.authorizationserver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.datasource.init.DatabasePopulatorUtils;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/**
 * The databases that are supported.
 */
enum Database {

	H2 {
		@Override
		String newUrl() {
			return "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";
		}
	},

	POSTGRESQL {
		@Override
		String newUrl() {
			String name = "test_" + UUID.randomUUID().toString().replace("-", "");
			try (Connection connection = Servers.shared.getPostgresDatabase().getConnection()) {
				connection.createStatement().execute("create database " + name);
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
			return url(Servers.shared, name);
		}
	};

	/** The key that encrypts in tests. */
	static final String KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

	static final Sealing sealing = new Sealing(List.of(KEY));

	/** The URL of an empty database. */
	abstract String newUrl();

	/** The URL of a database of a server. */
	static String url(EmbeddedPostgres server, String database) {
		return server.getJdbcUrl("postgres", database);
	}

	/** A server that the test closes. */
	static EmbeddedPostgres newServer() {
		try {
			return EmbeddedPostgres.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** The location of the script that creates the tables. */
	String script() {
		return "io/mcpsecurity/authorizationserver/jdbc/" + name().toLowerCase() + "/R__mcp_authorization_server.sql";
	}

	/** A new database with the tables. */
	HikariDataSource newDataSource() {
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl(newUrl());
		config.setMaximumPoolSize(4);
		config.setMinimumIdle(0);
		HikariDataSource dataSource = new HikariDataSource(config);
		DatabasePopulatorUtils.execute(new ResourceDatabasePopulator(new ClassPathResource(script())), dataSource);
		return dataSource;
	}

	private static final class Servers {

		private static final EmbeddedPostgres shared = newServer();

	}

}
