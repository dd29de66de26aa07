package io.mcpsecurity.actuate.jdbc;

/**
 * Stands for an exception of the database whose own message nobody should see. It takes
 * its place as early as inside the transaction, because Spring logs the exceptions that a
 * failing rollback comes on top of.
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
