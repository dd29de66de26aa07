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
 * Events of MCP servers come through {@link #write}, which recognises an event that comes
 * again by its id. Events of the rest of the application come through {@link #add}. Both
 * use transactions of their own, so that an event stays when a transaction of the
 * application is rolled back. Nothing here waits longer for an answer of the database
 * than it may; how long to wait for a connection is up to the pool.
 */
public final class JdbcAuditEventRepository implements AuditEventRepository, AuditSink {

	private static final Log logger = LogFactory.getLog(JdbcAuditEventRepository.class);

	/** So many that the values of all rows are fewer than a statement may have. */
	private static final int MAX_ROWS = 128;

	/** For the server to keep its own time-out before the connection is given up. */
	private static final Duration GRACE = Duration.ofSeconds(2);

	private final JdbcTemplate jdbc;

	private final TransactionTemplate transactions;

	private final int findLimit;

	/**
	 * Create a repository.
	 * @param dataSource where connections come from
	 * @param timeout how long to wait for an answer of the database, at least a second
	 * @param findLimit how many events are found at most
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
	 * All in one transaction, unless the database refuses a value. Then the events that
	 * it takes are written nonetheless, and those that it refuses are written with their
	 * id, time, type and the reason only. One that is refused even so is given up, with
	 * its id in the log: it would be refused for ever and hold up all that come after.
	 * @throws SQLException if they could not be written; its message repeats nothing of
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
	 * Store an event of the application. Those of MCP servers are left out: they come
	 * through {@link #write}. A failure is logged and not thrown, because it would be one
	 * of the login or whatever else the event tells of.
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
	 * The oldest first, and only the newest if there are more than the limit.
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
	 * @param before of those that happened before this
	 * @param limit how many at most
	 * @return how many were deleted
	 */
	public int delete(Instant before, int limit) {
		return this.transactions
			.execute((status) -> this.jdbc.update(Dialect.of(this.jdbc).deletion(), AuditRow.time(before), limit));
	}

	/**
	 * Ask the database whether it knows what {@link #write} needs, without writing.
	 * @return what is wrong with its tables, or {@code null} if nothing is
	 * @throws IllegalStateException if it is neither PostgreSQL nor H2
	 * @throws DataAccessException if it cannot be asked
	 * @throws TransactionException if it cannot be reached
	 */
	public @Nullable String problem() {
		try {
			Dialect dialect = Dialect.of(this.jdbc);
			// PostgreSQL looks at a statement no sooner than it is asked about it.
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
	 * Insert rows with statements for many rows at once rather than by a batch of JDBC:
	 * that is as fast on PostgreSQL as a batch at its best, and the exception of a failed
	 * batch repeats all values, which a pool writes into the log.
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
				// Few different numbers of rows make few statements to be prepared.
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
