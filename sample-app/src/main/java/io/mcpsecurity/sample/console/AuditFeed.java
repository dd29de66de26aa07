package io.mcpsecurity.sample.console;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.McpAuditEvent;

/**
 * The sink {@code console}: remembers the latest events, in memory and numbered in the
 * order in which they came. (Their timestamps would not do for a reader who asks what is
 * new: they say when a request arrived, and its event comes when it has ended.)
 */
final class AuditFeed implements AuditSink {

	private final int capacity;

	private final Activity activity;

	private final Deque<Entry> newestFirst = new ArrayDeque<>();

	private long latest;

	/**
	 * Create an empty feed.
	 * @param capacity how many events it remembers
	 * @param activity counts them, and does not forget with them
	 */
	AuditFeed(int capacity, Activity activity) {
		this.capacity = capacity;
		this.activity = activity;
	}

	@Override
	public String name() {
		return "console";
	}

	@Override
	public synchronized void write(List<McpAuditEvent> events) {
		for (McpAuditEvent event : events) {
			this.latest++;
			this.newestFirst.addFirst(new Entry(this.latest, event));
			if (this.newestFirst.size() > this.capacity) {
				this.newestFirst.removeLast();
			}
			this.activity.count(event);
		}
	}

	/**
	 * What came after an event.
	 * @param number the number of that event; 0 for everything
	 * @param filter which events to find
	 * @param limit how many events to find at most
	 */
	synchronized News after(long number, EventFilter filter, int limit) {
		List<Entry> found = new ArrayList<>();
		boolean gap = number > 0 && number < this.latest - this.newestFirst.size();
		for (Entry entry : this.newestFirst) {
			if (entry.number() <= number) {
				break;
			}
			if (filter.matches(entry.event())) {
				if (found.size() == limit) {
					gap = true;
					break;
				}
				found.add(entry);
			}
		}
		return new News(this.latest, gap, found);
	}

	/**
	 * How many events are remembered at most.
	 */
	int capacity() {
		return this.capacity;
	}

	/**
	 * An event and its place in the order.
	 *
	 * @param number counts from one
	 * @param event the event
	 */
	record Entry(long number, McpAuditEvent event) {
	}

	/**
	 * What is new.
	 *
	 * @param latest the number of the last event so far, found or not; 0 when there was
	 * none
	 * @param gap whether there were more events than these
	 * @param entries what was found, the newest first
	 */
	record News(long latest, boolean gap, List<Entry> entries) {
	}

}
