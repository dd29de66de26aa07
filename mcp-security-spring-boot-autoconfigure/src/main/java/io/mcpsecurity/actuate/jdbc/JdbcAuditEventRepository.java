package io.mcpsecurity.actuate.jdbc;

import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import javax.sql.DataSource;

import io.mcpsecurity.actuate.AuditEventPublisher;
import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.McpAuditEvent;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.PreparedStatementCallback;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Audit events in the table {@code mcp_audit_event} of a PostgreSQL or H2 database.
 * <p>
 * Events of MCP servers come through {@link #write}, which drops duplicates by their id.
 * Events of the rest of the application come through {@link #add}. Both use separate
 * transactions, so that an event is kept if a transaction of the application is rolled
 * back. All operations have a timeout for the database; the timeout for obtaining a
 * connection is that of the pool.
 */
public final class JdbcAuditEventRepository implements AuditEventRepository, AuditSink {

	private static final Log logger = LogFactory.getLog(JdbcAuditEventRepository.class);

	/** Limited by the maximum number of parameters of a statement. */
	private static final int MAX_ROWS = 128;

	/**
	 * The time for the server to enforce the statement timeout before the connection is
	 * aborted.
	 */
	private static final Duration GRACE = Duration.ofSeconds(2);

	private final JdbcTemplate jdbc;

	private final TransactionTemplate transactions;

	private final int findLimit;

	/**
	 * Create a repository.
	 * @param dataSource the data source
	 * @param timeout the timeout of statements, at least a second
	 * @param findLimit the maximum number of events that are found
	 */
	public JdbcAuditEventRepository(DataSource dataSource, Duration timeout, int findLimit) {
		this.jdbc = new JdbcTemplate(dataSource);
		this.transactions = new TransactionTemplate(new BoundedTransactionManager(dataSource, timeout.plus(GRACE)));
		this.transactions.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		this.transactions.setTimeout(Math.toIntExact(timeout.toSeconds()));
		this.findLimit = findLimit;
	}

	@Override
	public String name() {
		return "jdbc";
	}

	/**
	 * {@inheritDoc}
	 * <p>
	 * All events are written in one transaction, unless the database refuses a value. In
	 * that case the accepted events are still written, and the refused events are written
	 * with their id, time, type and the reason only. If such an event is refused again,
	 * it is lost and its id is logged, because otherwise it would block all later events.
	 * @throws SQLException if they could not be written; the message contains nothing of
	 * the events
	 */
	@Override
	public void write(List<McpAuditEvent> events) throws SQLException {
		try {
			insert(events.stream().map(AuditRow::of).toList());
		}
		catch (SqlFailureException ex) {
			SqlFailure failure = ex.failure();
			throw new SQLException("Audit events could not be written: " + failure.message(), failure.state());
		}
	}

	/**
	 * Store an event of the application. Events of MCP servers are ignored, because they
	 * are stored by {@link #write}. A failure is logged and not thrown, because it would
	 * cause the operation to fail that the event describes, for example a login.
	 */
	@Override
	public void add(AuditEvent event) {
		if (AuditEventPublisher.publishes(event)) {
			return;
		}
		try {
			insert(List.of(AuditRow.of(event)));
		}
		catch (SqlFailureException ex) {
			logger.error("An audit event of type " + AuditRow.text(event.getType()) + " is lost: " + ex.getMessage());
		}
	}

	/**
	 * {@inheritDoc}
	 * <p>
	 * The oldest event comes first. If there are more events than the limit, only the
	 * newest are returned.
	 */
	@Override
	public List<AuditEvent> find(@Nullable String principal, @Nullable Instant after, @Nullable String type) {
		List<String> conditions = new ArrayList<>();
		List<@Nullable Object> values = new ArrayList<>();
		if (principal != null && principal.isEmpty()) {
			conditions.add("principal is null");
		}
		else if (principal != null) {
			conditions.add("principal = ?");
			values.add(AuditRow.text(principal));
		}
		if (after != null) {
			conditions.add("occurred_at > ?");
			values.add(AuditRow.time(after));
		}
		if (type != null) {
			conditions.add("type = ?");
			values.add(AuditRow.text(type));
		}
		values.add(this.findLimit);
		String where = conditions.isEmpty() ? "" : " where " + String.join(" and ", conditions);
		List<AuditEvent> events = this.transactions.execute(
				(status) -> this.jdbc.query(
						"select occurred_at, principal, type, data from mcp_audit_event" + where
								+ " order by occurred_at desc limit ?",
						JdbcAuditEventRepository::event, values.toArray()));
		Collections.reverse(events);
		return events;
	}

	/**
	 * Delete the oldest events.
	 * @param before the time before which events are deleted
	 * @param limit the maximum number of events
	 * @return the number of deleted events
	 */
	public int delete(Instant before, int limit) {
		return this.transactions
			.execute((status) -> this.jdbc.update(Dialect.of(this.jdbc).deletion(), AuditRow.time(before), limit));
	}

	/**
	 * Check whether the database has the tables and columns that {@link #write} needs,
	 * without writing.
	 * @return a description of the problem, or {@code null} if there is none
	 * @throws IllegalStateException if it is neither PostgreSQL nor H2
	 * @throws DataAccessException if the check fails
	 * @throws TransactionException if the database cannot be reached
	 */
	public @Nullable String problem() {
		try {
			Dialect dialect = Dialect.of(this.jdbc);
			// PostgreSQL parses a statement only when its metadata is requested.
			this.transactions.executeWithoutResult((status) -> this.jdbc.execute(dialect.insertion(1),
					(PreparedStatementCallback<ParameterMetaData>) PreparedStatement::getParameterMetaData));
			return null;
		}
		catch (DataAccessException ex) {
			SqlFailure failure = SqlFailure.of(ex);
			if (failure.isAboutSchema()) {
				return failure.message();
			}
			throw ex;
		}
	}

	private void insert(List<AuditRow> rows) {
		try {
			insertAll(rows);
		}
		catch (SqlFailureException ex) {
			if (!ex.failure().isAboutValues()) {
				throw ex;
			}
			if (rows.size() == 1) {
				insertReduced(rows.get(0), ex.failure());
			}
			else {
				int half = rows.size() / 2;
				insert(rows.subList(0, half));
				insert(rows.subList(half, rows.size()));
			}
		}
	}

	private void insertReduced(AuditRow row, SqlFailure refusal) {
		try {
			insertAll(List.of(row.reduced("reduced: SQLSTATE " + refusal.state())));
			logger.warn("Audit event " + row.id() + " is stored without its facts: " + refusal.message());
		}
		catch (SqlFailureException ex) {
			if (!ex.failure().isAboutValues()) {
				throw ex;
			}
			logger.error("Audit event " + row.id() + " of type " + row.type() + " is lost: " + ex.getMessage());
		}
	}

	/**
	 * Insert rows with multi-row statements instead of a JDBC batch. On PostgreSQL this
	 * is as fast as an optimized batch, and the exception of a failed batch contains all
	 * values, which a connection pool logs.
	 */
	private void insertAll(List<AuditRow> rows) {
		try {
			this.transactions.executeWithoutResult((status) -> insertInTransaction(rows));
		}
		catch (TransactionException ex) {
			throw new SqlFailureException(SqlFailure.of(ex));
		}
	}

	private void insertInTransaction(List<AuditRow> rows) {
		try {
			int from = 0;
			while (from < rows.size()) {
				// Powers of two limit the number of different statements that are
				// prepared.
				int to = from + Math.min(MAX_ROWS, Integer.highestOneBit(rows.size() - from));
				insertAtOnce(rows.subList(from, to));
				from = to;
			}
		}
		catch (DataAccessException ex) {
			throw new SqlFailureException(SqlFailure.of(ex));
		}
	}

	private void insertAtOnce(List<AuditRow> rows) {
		this.jdbc.update(Dialect.of(this.jdbc).insertion(rows.size()), (statement) -> {
			int index = 1;
			for (AuditRow row : rows) {
				index = row.bind(statement, index);
			}
		});
	}

	private static AuditEvent event(ResultSet row, int number) throws SQLException {
		return new AuditEvent(row.getObject("occurred_at", OffsetDateTime.class).toInstant(),
				row.getString("principal"), row.getString("type"), StorableData.read(row.getString("data")));
	}

}
