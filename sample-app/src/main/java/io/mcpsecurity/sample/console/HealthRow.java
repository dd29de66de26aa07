package io.mcpsecurity.sample.console;

import io.mcpsecurity.audit.AuditTrail.SinkStatus;
import io.mcpsecurity.token.IssuerKeys;

/**
 * The health of a component on which the server depends.
 *
 * @param name its name
 * @param state {@code well}, {@code ill} or {@code unknown}
 * @param words the state as a text
 * @param detail further details
 */
record HealthRow(String name, String state, String words, String detail) {

	static HealthRow of(SinkStatus sink) {
		String counts = "%d written, %d waiting, %d dropped, %d failed".formatted(sink.published(), sink.queued(),
				sink.dropped(), sink.failed());
		return new HealthRow("Audit sink " + sink.name(), sink.healthy() ? "well" : "ill",
				sink.healthy() ? "works" : "does not work",
				(sink.lastFailure() != null) ? counts + "; last failure " + sink.lastFailure() : counts);
	}

	static HealthRow of(IssuerKeys keys) {
		String name = "Issuer " + keys.issuer();
		return switch (keys.status()) {
			case AVAILABLE -> new HealthRow(name, "well", "works", "its keys are there");
			case LAST_GOOD ->
				new HealthRow(name, "ill", "not available", "cached keys are used: tokens can be checked");
			case UNAVAILABLE ->
				new HealthRow(name, "ill", "not available", "there are no usable keys: tokens cannot be checked");
			case NOT_ASKED -> new HealthRow(name, "unknown", "not asked yet", "no token has needed its keys so far");
		};
	}

}
