package io.mcpsecurity.test;

import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.McpAuditEvent;

/**
 * Keeps the events of refused requests, which come in the order of the requests if those
 * come one after the other.
 */
public final class RejectedEvents implements AuditSink {

	private final BlockingQueue<McpAuditEvent> events = new LinkedBlockingQueue<>();

	@Override
	public String name() {
		return "rejected";
	}

	@Override
	public void write(List<McpAuditEvent> events) {
		events.stream()
			.filter((event) -> event.type() == McpAuditEvent.Type.MCP_REQUEST_REJECTED)
			.forEach(this.events::add);
	}

	/**
	 * What the next event says.
	 */
	public Map<String, Object> next() {
		try {
			McpAuditEvent event = this.events.poll(30, TimeUnit.SECONDS);
			if (event == null) {
				throw new AssertionError("There is no event");
			}
			return event.data();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * How many events of a reason there are that nobody has looked at.
	 */
	public long count(String reason) {
		return this.events.stream().filter((event) -> reason.equals(event.data().get("reason"))).count();
	}

	/**
	 * Remove the events so far.
	 */
	public void clear() {
		this.events.clear();
	}

	/**
	 * How many events there are that nobody has looked at.
	 */
	public int size() {
		return this.events.size();
	}

}
