package io.mcpsecurity.sample.console;

import org.jspecify.annotations.Nullable;

/**
 * The health of a component on which the server depends.
 *
 * @param name its name
 * @param state {@code well}, {@code ill} or {@code unknown}
 * @param words the state as a text
 * @param detail further details
 */
record HealthRow(String name, String state, String words, String detail) {

	static HealthRow of(Sink sink) {
		String counts = "%d written, %d waiting, %d dropped, %d failed".formatted(sink.published(), sink.queued(),
				sink.dropped(), sink.failed());
		return new HealthRow("Audit sink " + sink.name(), sink.healthy() ? "well" : "ill",
				sink.healthy() ? "works" : "does not work",
				(sink.lastFailure() != null) ? counts + "; last failure " + sink.lastFailure() : counts);
	}

	/**
	 * Create a row for an authorization server.
	 * @param issuer its issuer identifier
	 * @param keys the status of its keys in the policy
	 */
	static HealthRow of(String issuer, String keys) {
		String name = "Issuer " + issuer;
		return switch (keys) {
			case "AVAILABLE" -> new HealthRow(name, "well", "works", "its keys are there");
			case "LAST_GOOD" ->
				new HealthRow(name, "ill", "not available", "cached keys are used: tokens can be checked");
			case "NOT_ASKED" -> new HealthRow(name, "unknown", "not asked yet", "no token has needed its keys so far");
			default ->
				new HealthRow(name, "ill", "not available", "there are no usable keys: tokens cannot be checked");
		};
	}

	/**
	 * An audit sink in the details of the health of the audit trail.
	 *
	 * @param name its name
	 * @param queued events that are waiting or being written
	 * @param published events written
	 * @param dropped events that were dropped because the queue was full
	 * @param failed events that were lost because the sink failed
	 * @param healthy whether it works
	 * @param lastFailure the class of the last exception, or {@code null}
	 */
	record Sink(String name, int queued, long published, long dropped, long failed, boolean healthy,
			@Nullable String lastFailure) {
	}

}
