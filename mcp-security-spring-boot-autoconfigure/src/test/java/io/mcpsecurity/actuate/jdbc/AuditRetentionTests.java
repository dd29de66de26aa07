package io.mcpsecurity.actuate.jdbc;

import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import com.zaxxer.hikari.HikariDataSource;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.audit.McpAuditEvent.Type;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What was kept long enough is deleted, nothing else, and writing goes on meanwhile.
 */
@ParameterizedClass
@EnumSource
@ExtendWith(OutputCaptureExtension.class)
class AuditRetentionTests {

	private static final Duration RETENTION = Duration.ofDays(30);

	@Parameter
	AuditDatabase database;

	private HikariDataSource pool;

	private JdbcAuditEventRepository repository;

	@BeforeEach
	void create() {
		this.pool = this.database.create();
		this.repository = AuditDatabase.repository(this.pool);
	}

	@AfterEach
	void close() {
		this.pool.close();
	}

	@Test
	void onlyEventsOlderThanRetentionAreDeleted() throws Exception {
		Instant limit = Events.NOON.minus(RETENTION);
		this.repository.write(Stream.of(limit.minusSeconds(1), limit.minusMillis(1), limit, limit.plusSeconds(1))
			.map((instant) -> Events.event(instant, Type.MCP_CALL, "alice"))
			.toList());
		this.repository.add(new AuditEvent(limit.minusSeconds(1), "bob", "OTHER", Map.of()));
		try (AuditRetention retention = retentionAt(Events.NOON)) {
			retention.run();
		}
		assertThat(this.repository.find(null, null, null)).extracting(AuditEvent::getTimestamp)
			.containsExactly(limit, limit.plusSeconds(1));
	}

	@Test
	void allExpiredEventsAreDeletedInOneRun() throws Exception {
		List<McpAuditEvent> events = new ArrayList<>(Events.calls(2500));
		events.add(Events.event(Events.NOON.plus(RETENTION), Type.MCP_CALL, "alice"));
		this.repository.write(events);
		try (AuditRetention retention = retentionAt(Events.NOON.plus(RETENTION).plusSeconds(60))) {
			retention.run();
		}
		assertThat(AuditDatabase.count(this.pool)).isOne();
	}

	@Test
	void oldestEventsAreDeletedFirstUpToLimit() throws Exception {
		this.repository.write(Events.calls(10));
		assertThat(this.repository.delete(Events.NOON.plusSeconds(1), 4)).isEqualTo(4);
		assertThat(this.repository.find(null, null, null)).hasSize(6)
			.first()
			.satisfies((event) -> assertThat(event.getTimestamp()).isEqualTo(Events.NOON.plusMillis(4)));
	}

	@Test
	void failedDeletionIsLoggedAndRepeatedInNextRun(CapturedOutput output) throws Exception {
		this.repository.write(Events.calls(3));
		JdbcTemplate jdbc = new JdbcTemplate(this.pool);
		try (AuditRetention retention = retentionAt(Events.NOON.plus(RETENTION).plusSeconds(60))) {
			jdbc.execute("alter table mcp_audit_event rename to elsewhere");
			retention.run();
			assertThat(output).contains("could not be deleted", "SQLSTATE 42");
			jdbc.execute("alter table elsewhere rename to mcp_audit_event");
			retention.run();
		}
		assertThat(AuditDatabase.count(this.pool)).isZero();
	}

	@Test
	void eventsAreWrittenDuringDeletion() throws Exception {
		this.repository.write(Events.calls(100));
		try (Connection deleting = this.pool.getConnection()) {
			deleting.setAutoCommit(false);
			deleting.createStatement().execute("delete from mcp_audit_event");
			this.repository.write(Events.calls(100));
			deleting.commit();
		}
		assertThat(AuditDatabase.count(this.pool)).isEqualTo(100);
	}

	@Test
	void concurrentDeletionsDoNotFail(CapturedOutput output) throws Exception {
		this.repository.write(Events.calls(2500));
		try (AuditRetention one = retentionAt(Events.NOON.plus(RETENTION).plusSeconds(60));
				AuditRetention other = retentionAt(Events.NOON.plus(RETENTION).plusSeconds(60))) {
			CompletableFuture.allOf(CompletableFuture.runAsync(one::run), CompletableFuture.runAsync(other::run))
				.join();
		}
		assertThat(AuditDatabase.count(this.pool)).isZero();
		assertThat(output).doesNotContain("could not be deleted");
	}

	@Test
	void whenStartedThenExpiredEventsAreDeletedInBackground() throws Exception {
		this.repository.write(Events.calls(3));
		try (AuditRetention retention = retentionAt(Events.NOON.plus(RETENTION).plusSeconds(60))) {
			retention.start(Duration.ZERO);
			Instant start = Instant.now();
			while (AuditDatabase.count(this.pool) > 0) {
				assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofMinutes(1));
				Thread.sleep(20);
			}
		}
	}

	@Test
	void whenClosedThenDeletionStopsAfterCurrentBatch() throws Exception {
		this.repository.write(Events.calls(2500));
		AuditRetention retention = retentionAt(Events.NOON.plus(RETENTION).plusSeconds(60));
		retention.start();
		retention.close();
		retention.run();
		assertThat(AuditDatabase.count(this.pool)).isEqualTo(1500);
		assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
			.doesNotContain("mcp-audit-retention");
	}

	private AuditRetention retentionAt(Instant now) {
		return new AuditRetention(this.repository, RETENTION, Clock.fixed(now, ZoneOffset.UTC));
	}

}
