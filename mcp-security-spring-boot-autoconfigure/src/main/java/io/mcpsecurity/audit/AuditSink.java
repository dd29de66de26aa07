package io.mcpsecurity.audit;

import java.util.List;

/**
 * A place that audit events are written to. Each bean of this type gets every event.
 */
public interface AuditSink {

	/**
	 * A short name in lower case, unique in an application: a label of metrics and of the
	 * health.
	 */
	String name();

	/**
	 * Write events. Called by one thread at a time, never by one that serves a request.
	 * An event can come again after a failure: whether a sink recognises it by its id
	 * decides whether it is written twice.
	 * @param events the events in the order they were recorded, at least one
	 * @throws Exception if they could not be written; none or some of them may have been
	 */
	void write(List<McpAuditEvent> events) throws Exception;

}
