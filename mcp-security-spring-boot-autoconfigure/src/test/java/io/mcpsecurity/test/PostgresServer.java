package io.mcpsecurity.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import org.springframework.util.FileSystemUtils;

/**
 * A PostgreSQL server on a free port that can be stopped and started again. (It does not
 * run as root; on Linux, root gives its own identity up for it.)
 */
public final class PostgresServer implements AutoCloseable {

	/** Of this user only: another one could not write there. */
	private static final Path PROGRAMS = Path.of(System.getProperty("java.io.tmpdir"),
			"mcp-security-postgres-" + System.getProperty("user.name"));

	private static final PostgresServer shared = new PostgresServer(false);

	private final int port = FreePort.find();

	private final Path data;

	private final boolean keepData;

	private EmbeddedPostgres server;

	private PostgresServer(boolean keepData) {
		this.keepData = keepData;
		try {
			this.data = Files.createTempDirectory("mcp-security-postgres-data");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.server = run();
	}

	/**
	 * The server that tests have in common, each with databases of its own. It ends with
	 * the test machine.
	 */
	public static PostgresServer shared() {
		return shared;
	}

	/**
	 * A server that the test may stop and start, and closes.
	 */
	public static PostgresServer launch() {
		return new PostgresServer(true);
	}

	/**
	 * Stop the server as an operator would. Its data stay.
	 */
	public void stop() {
		try {
			this.server.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Start the server again, at the same port with the same data.
	 */
	public void start() {
		this.server = run();
	}

	/**
	 * Make an empty database.
	 * @return its JDBC URL, with a user who may do everything
	 */
	public String newDatabase() {
		String name = "test_" + UUID.randomUUID().toString().replace("-", "");
		try (Connection connection = this.server.getPostgresDatabase().getConnection()) {
			connection.createStatement().execute("create database " + name);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		return url(this.port, name);
	}

	/**
	 * The JDBC URL of a database at another port.
	 */
	public static String url(int port, String database) {
		return "jdbc:postgresql://localhost:" + port + "/" + database + "?user=postgres";
	}

	public int port() {
		return this.port;
	}

	/**
	 * A pool as an application would have, except that it is not patient.
	 */
	public static HikariDataSource pool(String url) {
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl(url);
		config.setMaximumPoolSize(4);
		config.setMinimumIdle(0);
		config.setConnectionTimeout(2000);
		config.setValidationTimeout(1000);
		return new HikariDataSource(config);
	}

	private EmbeddedPostgres run() {
		try {
			return EmbeddedPostgres.builder()
				.setPort(this.port)
				.setDataDirectory(this.data)
				.setCleanDataDirectory(!this.keepData)
				.setOverrideWorkingDirectory(PROGRAMS.toFile())
				.setPGStartupWait(Duration.ofMinutes(1))
				.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		stop();
		try {
			FileSystemUtils.deleteRecursively(this.data);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
