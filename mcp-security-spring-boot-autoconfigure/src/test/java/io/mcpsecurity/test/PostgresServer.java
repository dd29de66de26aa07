package io.mcpsecurity.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import org.springframework.test.util.TestSocketUtils;
import org.springframework.util.FileSystemUtils;

/**
 * A PostgreSQL server on a free port that can be stopped and started again. (It does not
 * run as root; on Linux, root gives its own identity up for it.) All of them end with the
 * test machine.
 */
public final class PostgresServer implements AutoCloseable {

	/** Programs and data, in a directory that nobody else may write into. */
	private static final Path files = newDirectory();

	private static final List<PostgresServer> servers = new CopyOnWriteArrayList<>();

	private static final PostgresServer shared = launch();

	private final int port = TestSocketUtils.findAvailableTcpPort();

	private final Path data = files.resolve(UUID.randomUUID().toString());

	private EmbeddedPostgres server;

	private PostgresServer() {
		this.server = run();
	}

	/**
	 * The server that tests have in common, each with databases of its own.
	 */
	public static PostgresServer shared() {
		return shared;
	}

	/**
	 * A server that the test may stop and start, and closes.
	 */
	public static PostgresServer launch() {
		PostgresServer server = new PostgresServer();
		servers.add(server);
		return server;
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
				.setCleanDataDirectory(false)
				.setOverrideWorkingDirectory(files.resolve("programs").toFile())
				.setRegisterShutdownHook(false)
				.setPGStartupWait(Duration.ofMinutes(1))
				.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Path newDirectory() {
		try {
			Path directory = Files.createTempDirectory("mcp-security-postgres");
			Runtime.getRuntime().addShutdownHook(new Thread(() -> {
				servers.forEach(PostgresServer::close);
				FileSystemUtils.deleteRecursively(directory.toFile());
			}));
			return directory;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		stop();
	}

}
