package io.mcpsecurity.actuate.jdbc;

import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.TransactionSystemException;

/**
 * The description of a database failure without values of events. The database's own
 * messages can contain values that readers of the log must not see.
 *
 * @param state the SQLSTATE, or an empty string if there is none
 * @param message the description
 */
record SqlFailure(String state, String message) {

	static SqlFailure of(Throwable failure) {
		if (failure instanceof SqlFailureException known) {
			return known.failure();
		}
		if (failure instanceof TransactionSystemException ex && ex.getApplicationException() != null) {
			return of(ex.getApplicationException());
		}
		SQLException cause = null;
		for (Throwable ex = failure; ex != null; ex = ex.getCause()) {
			cause = (ex instanceof SQLException sql) ? sql : cause;
		}
		if (cause == null) {
			return new SqlFailure("", failure.getClass().getName());
		}
		String state = (cause.getSQLState() != null) ? cause.getSQLState() : "";
		String message = isAboutValues(state) ? "The database refuses a value" : firstLine(cause.getMessage());
		return new SqlFailure(state, state.isEmpty() ? message : message + " (SQLSTATE " + state + ")");
	}

	/**
	 * Whether the database refused the values, so that it will refuse them again: data
	 * exceptions (22), violated constraints (23), exceeded limits of the database (54).
	 */
	boolean isAboutValues() {
		return isAboutValues(this.state);
	}

	/**
	 * Whether the statement does not match the schema: a table or column is missing or
	 * not accessible.
	 */
	boolean isAboutSchema() {
		return this.state.startsWith("42") || this.state.startsWith("3F");
	}

	private static boolean isAboutValues(String state) {
		return state.startsWith("22") || state.startsWith("23") || state.startsWith("54");
	}

	/** The first line only, because the following details contain values. */
	private static String firstLine(@Nullable String message) {
		return (message != null) ? message.lines().findFirst().orElse("") : "";
	}

}
