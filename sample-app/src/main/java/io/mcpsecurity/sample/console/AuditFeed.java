package io.mcpsecurity.sample.console;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.McpAuditEvent;

/**
 * The sink {@code console}: keeps the latest events in memory, numbered in the order in
 * which they are recorded. (Timestamps cannot be used to find new events: they are the
 * arrival times of requests, while events are recorded when requests end.)
 */
final class AuditFeed implements AuditSink {

	private final int capacity;

	private final Activity activity;

	private final Deque<Entry> newestFirst = new ArrayDeque<>();

	private long latest;

	/**
	 * Create an empty feed.
	 * @param capacity the maximum number of events
	 * @param activity counts the events, and keeps the counts of evicted events
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
	 * Find the events after an event.
	 * @param number the number of that event; 0 for all events
	 * @param filter which events to find
	 * @param limit the maximum number of events to find
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
	 * The maximum number of events that are kept.
	 */
	int capacity() {
		return this.capacity;
	}

	/**
	 * An event and its sequence number.
	 *
	 * @param number the number, starting at one
	 * @param event the event
	 */
	record Entry(long number, McpAuditEvent event) {
	}

	/**
	 * The result of a search.
	 *
	 * @param latest the number of the last event so far, found or not; 0 when there was
	 * none
	 * @param gap whether events are missing
	 * @param entries the events that were found, the newest first
	 */
	record News(long latest, boolean gap, List<Entry> entries) {
	}

}
