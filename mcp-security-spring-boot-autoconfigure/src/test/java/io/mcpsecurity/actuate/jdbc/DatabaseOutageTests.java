package io.mcpsecurity.actuate.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import com.zaxxer.hikari.HikariDataSource;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.test.FreezableProxy;
import io.mcpsecurity.test.PostgresServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A database that goes away is an error soon, and used again as soon as it is back.
 */
@ExtendWith(OutputCaptureExtension.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DatabaseOutageTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final String WAITING = "datname = current_database() and wait_event_type = 'Lock'";

	private static final Duration TIMEOUT = Duration.ofSeconds(1);

	@Test
	void eventsAreWrittenAgainAfterDatabaseRestart() throws Exception {
		try (PostgresServer server = PostgresServer.launch();
				HikariDataSource pool = PostgresServer.pool(server.newDatabase())) {
			AuditDatabase.POSTGRESQL.createTable(pool);
			JdbcAuditEventRepository repository = repository(pool);
			repository.write(Events.calls(10));
			server.stop();
			List<McpAuditEvent> events = Events.calls(20);
			assertFailsSoon(repository, events);
			assertFailsSoon(repository, events);
			server.start();
			writeUntilItSucceeds(repository, events);
			assertThat(AuditDatabase.count(pool)).isEqualTo(30);
		}
	}

	@Test
	void unresponsiveDatabaseCausesTimeout() throws Exception {
		String direct = PostgresServer.shared().newDatabase();
		String database = direct.substring(direct.lastIndexOf('/') + 1, direct.indexOf('?'));
		try (FreezableProxy proxy = new FreezableProxy(PostgresServer.shared().port());
				HikariDataSource pool = PostgresServer.pool(PostgresServer.url(proxy.port(), database))) {
			AuditDatabase.POSTGRESQL.createTable(pool);
			JdbcAuditEventRepository repository = repository(pool);
			repository.write(Events.calls(10));
			proxy.freeze();
			List<McpAuditEvent> events = Events.calls(20);
			assertFailsSoon(repository, events);
			assertFailsSoon(repository, events);
			proxy.thaw();
			writeUntilItSucceeds(repository, events);
			assertThat(AuditDatabase.count(pool)).isEqualTo(30);
		}
	}

	@Test
	void batchWithTerminatedConnectionIsWrittenOnceAfterRetry(CapturedOutput output) throws Exception {
		try (HikariDataSource pool = AuditDatabase.POSTGRESQL.create(); Connection other = pool.getConnection()) {
			JdbcAuditEventRepository repository = AuditDatabase.repository(pool);
			List<McpAuditEvent> events = Events.calls(20);
			other.setAutoCommit(false);
			other.createStatement().execute("lock table mcp_audit_event");
			CompletableFuture<Exception> failure = CompletableFuture.supplyAsync(() -> failure(repository, events));
			JdbcTemplate jdbc = new JdbcTemplate(pool);
			while (waiting(jdbc) == 0) {
				Thread.sleep(20);
			}
			jdbc.queryForList("select pg_terminate_backend(pid) from pg_stat_activity where " + WAITING);
			assertThat(failure.join()).isInstanceOf(SQLException.class).hasMessageContaining("57P01");
			assertThat(output).doesNotContain("analyst-agent");
			other.rollback();
			repository.write(events);
			assertThat(AuditDatabase.count(pool)).isEqualTo(20);
		}
	}

	@Test
	void failedBatchIsRolledBack() {
		try (HikariDataSource pool = AuditDatabase.POSTGRESQL.create()) {
			JdbcTemplate jdbc = new JdbcTemplate(pool);
			jdbc.execute("""
					create function fail() returns trigger language plpgsql as $$
					begin raise exception 'out of order'; end $$""");
			jdbc.execute("""
					create trigger fail before insert on mcp_audit_event for each row
					when (new.request_id = '299') execute function fail()""");
			assertFailsSoon(repository(pool), Events.calls(300));
			assertThat(AuditDatabase.count(pool)).isZero();
		}
	}

	@Test
	void lockedTableCausesTimeoutAndLeavesNoWaitingStatement() throws Exception {
		try (HikariDataSource pool = AuditDatabase.POSTGRESQL.create(); Connection other = pool.getConnection()) {
			JdbcAuditEventRepository repository = repository(pool);
			other.setAutoCommit(false);
			other.createStatement().execute("lock table mcp_audit_event");
			List<McpAuditEvent> events = Events.calls(20);
			assertFailsSoon(repository, events);
			assertThat(waiting(new JdbcTemplate(pool))).isZero();
			other.rollback();
			repository.write(events);
			assertThat(AuditDatabase.count(pool)).isEqualTo(20);
		}
	}

	@Test
	void networkTimeoutOfConnectionIsRestored() throws Exception {
		try (HikariDataSource pool = AuditDatabase.POSTGRESQL.create(); Connection connection = pool.getConnection()) {
			JdbcAuditEventRepository repository = new JdbcAuditEventRepository(
					new SingleConnectionDataSource(connection, true), TIMEOUT, 1000);
			for (int before : new int[] { 0, 100_000, 200 }) {
				connection.setNetworkTimeout(Runnable::run, before);
				repository.write(Events.calls(1));
				assertThat(connection.getNetworkTimeout()).isEqualTo(before);
			}
		}
	}

	private static JdbcAuditEventRepository repository(HikariDataSource pool) {
		return new JdbcAuditEventRepository(pool, TIMEOUT, 1000);
	}

	private static int waiting(JdbcTemplate jdbc) {
		Integer count = jdbc.queryForObject("select count(*) from pg_stat_activity where " + WAITING, Integer.class);
		return (count != null) ? count : 0;
	}

	private static Exception failure(JdbcAuditEventRepository repository, List<McpAuditEvent> events) {
		try {
			repository.write(events);
		}
		catch (Exception ex) {
			return ex;
		}
		throw new AssertionError("The events were written");
	}

	private static void assertFailsSoon(JdbcAuditEventRepository repository, List<McpAuditEvent> events) {
		Instant start = Instant.now();
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> repository.write(events));
		assertThat(Duration.between(start, Instant.now())).isLessThan(SOON);
	}

	private static void writeUntilItSucceeds(JdbcAuditEventRepository repository, List<McpAuditEvent> events)
			throws InterruptedException {
		Instant start = Instant.now();
		while (true) {
			try {
				repository.write(events);
				return;
			}
			catch (SQLException ex) {
				assertThat(Duration.between(start, Instant.now())).isLessThan(SOON);
				Thread.sleep(100);
			}
		}
	}

}
