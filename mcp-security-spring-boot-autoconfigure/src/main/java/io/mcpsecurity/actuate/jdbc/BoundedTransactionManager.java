package io.mcpsecurity.actuate.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

import javax.sql.DataSource;

import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Transactions with a network timeout. Without it the driver waits forever for a server
 * that disappeared, and a statement timeout does not help, because the server enforces
 * it.
 */
final class BoundedTransactionManager extends JdbcTransactionManager {

	private static final long serialVersionUID = 1L;

	private final int milliseconds;

	private final transient ThreadLocal<Integer> before = new ThreadLocal<>();

	BoundedTransactionManager(DataSource dataSource, Duration limit) {
		super(dataSource);
		this.milliseconds = Math.toIntExact(limit.toMillis());
	}

	@Override
	protected void prepareTransactionalConnection(Connection con, TransactionDefinition definition)
			throws SQLException {
		super.prepareTransactionalConnection(con, definition);
		int current = con.getNetworkTimeout();
		if (current == 0 || current > this.milliseconds) {
			con.setNetworkTimeout(Runnable::run, this.milliseconds);
			this.before.set(current);
		}
	}

	@Override
	protected void doCleanupAfterCompletion(Object transaction) {
		Integer milliseconds = this.before.get();
		this.before.remove();
		if (milliseconds != null && TransactionSynchronizationManager
			.getResource(obtainDataSource()) instanceof ConnectionHolder holder) {
			try {
				holder.getConnection().setNetworkTimeout(Runnable::run, milliseconds);
			}
			catch (SQLException ex) {
				this.logger.debug("The connection is broken and will not be used again", ex);
			}
		}
		super.doCleanupAfterCompletion(transaction);
	}

}
