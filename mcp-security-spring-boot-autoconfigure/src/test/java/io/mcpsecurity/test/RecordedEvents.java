package io.mcpsecurity.test;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.McpAuditEvent;

/**
 * A sink that keeps all events in memory.
 */
public final class RecordedEvents implements AuditSink {

	private final List<McpAuditEvent> list = new CopyOnWriteArrayList<>();

	@Override
	public String name() {
		return "recorded";
	}

	@Override
	public void write(List<McpAuditEvent> events) {
		this.list.addAll(events);
	}

	/**
	 * The events so far; further events are added to the list.
	 */
	public List<McpAuditEvent> list() {
		return this.list;
	}

}
