package io.mcpsecurity.audit;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An event that is being delivered to the sinks.
 */
final class RecordedEvent {

	private final McpAuditEvent event;

	private final AtomicInteger missing;

	private final CompletableFuture<Void> written = new CompletableFuture<>();

	RecordedEvent(McpAuditEvent event, int sinks) {
		this.event = event;
		this.missing = new AtomicInteger(sinks);
		if (sinks == 0) {
			this.written.complete(null);
		}
	}

	McpAuditEvent event() {
		return this.event;
	}

	/**
	 * Completes when all sinks have written the event, and exceptionally when the event
	 * was lost or the timeout has expired.
	 */
	CompletionStage<Void> written(Duration timeout) {
		return this.written.orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
	}

	/** One more sink has written the event. */
	void writtenOnce() {
		if (this.missing.decrementAndGet() == 0) {
			this.written.complete(null);
		}
	}

	/** A sink will not write the event. */
	void lost(Throwable cause) {
		this.written.completeExceptionally(cause);
	}

}
