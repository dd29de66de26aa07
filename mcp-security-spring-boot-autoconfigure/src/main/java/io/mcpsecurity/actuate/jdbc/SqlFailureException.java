package io.mcpsecurity.actuate.jdbc;

/**
 * Replaces an exception of the database whose message must not be logged. It is replaced
 * inside the transaction, because Spring logs the original exception if a rollback fails.
 */
final class SqlFailureException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final transient SqlFailure failure;

	SqlFailureException(SqlFailure failure) {
		super(failure.message());
		this.failure = failure;
	}

	SqlFailure failure() {
		return this.failure;
	}

}
