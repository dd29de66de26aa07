package io.mcpsecurity.audit;

import java.util.List;

/**
 * A destination of audit events. Each bean of this type receives every event.
 */
public interface AuditSink {

	/**
	 * A short name in lower case that is unique in the application. It is used as a label
	 * in metrics and in the health endpoint.
	 */
	String name();

	/**
	 * Write events. Called by one thread at a time, and never by a thread that serves a
	 * request. Delivery is at least once: after a failure the same event can be passed
	 * again. Use the event id to drop duplicates.
	 * @param events the events in the order they were recorded, at least one
	 * @throws Exception if they could not be written; none or some of them may have been
	 * written
	 */
	void write(List<McpAuditEvent> events) throws Exception;

}
