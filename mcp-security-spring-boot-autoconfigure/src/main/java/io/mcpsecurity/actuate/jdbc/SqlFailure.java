package io.mcpsecurity.actuate.jdbc;

import java.sql.BatchUpdateException;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * What may be told of a failure of the database. The driver's own texts can repeat the
 * values of a whole batch, and whoever reads the log need not be allowed to read those.
 *
 * @param state the SQLSTATE, or an empty string when there is none
 * @param message what went wrong
 */
record SqlFailure(String state, String message) {

	static SqlFailure of(Throwable failure) {
		SQLException cause = null;
		for (Throwable ex = failure; ex != null; ex = next(ex)) {
			cause = (ex instanceof SQLException sql) ? sql : cause;
		}
		if (cause == null) {
			return new SqlFailure("", failure.getClass().getName());
		}
		String state = String.valueOf(cause.getSQLState());
		boolean tells = !isAboutValues(state) && !(cause instanceof BatchUpdateException);
		String message = tells ? firstLine(cause.getMessage()) : cause.getClass().getSimpleName();
		return new SqlFailure(state, message + " (SQLSTATE " + state + ")");
	}

	private static @Nullable Throwable next(Throwable ex) {
		return (ex instanceof BatchUpdateException batch && batch.getNextException() != null) ? batch.getNextException()
				: ex.getCause();
	}

	/**
	 * Whether the database refused the values, so that it will refuse them again: data
	 * exceptions (22), violated constraints (23), exceeded limits of the database (54).
	 */
	boolean isAboutValues() {
		return isAboutValues(this.state);
	}

	/**
	 * Whether the statement does not fit the database: a table or column is missing, or
	 * may not be seen.
	 */
	boolean isAboutSchema() {
		return this.state.startsWith("42") || this.state.startsWith("3F");
	}

	private static boolean isAboutValues(String state) {
		return state.startsWith("22") || state.startsWith("23") || state.startsWith("54");
	}

	/**
	 * Without the details that follow, which repeat values.
	 */
	private static String firstLine(@Nullable String message) {
		return (message != null) ? message.lines().findFirst().orElse("") : "";
	}

}
