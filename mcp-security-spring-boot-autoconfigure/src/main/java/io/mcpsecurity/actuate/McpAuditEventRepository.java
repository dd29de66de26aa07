package io.mcpsecurity.actuate;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.context.ApplicationListener;

/**
 * The newest audit events of MCP servers, in memory, for Spring Boot's endpoint
 * {@code auditevents}. Events of the rest of the application are dropped.
 * <p>
 * It receives the events that {@link AuditEventPublisher} publishes by itself. Spring
 * Boot's listeners, which record the logins of the whole application for any
 * {@link AuditEventRepository}, are not needed for it, and the auto-configuration defines
 * it so that they do not come into being.
 * <p>
 * Events are kept as bytes in arrays that are used again, so that they are no work for
 * the garbage collector: as objects, all of them would be new at each young collection of
 * a busy server.
 */
public final class McpAuditEventRepository implements AuditEventRepository, ApplicationListener<AuditApplicationEvent> {

	private final EventEncoder encoder = new EventEncoder();

	private final Object lock = new Object();

	/** A ring: {@link #next} is the oldest as soon as all are filled. */
	private final byte[][] events;

	private int next;

	private int size;

	/**
	 * Create a repository.
	 * @param capacity how many events are kept; positive
	 */
	public McpAuditEventRepository(int capacity) {
		this.events = new byte[capacity][];
	}

	@Override
	public void onApplicationEvent(AuditApplicationEvent event) {
		add(event.getAuditEvent());
	}

	/**
	 * Keep an event of an MCP server. Any other event is dropped.
	 */
	@Override
	public void add(AuditEvent event) {
		if (!AuditEventPublisher.publishes(event)) {
			return;
		}
		synchronized (this.lock) {
			this.events[this.next] = this.encoder.encode(event, this.events[this.next]);
			this.next = (this.next + 1) % this.events.length;
			this.size = Math.min(this.size + 1, this.events.length);
		}
	}

	/**
	 * {@inheritDoc}
	 * <p>
	 * In the order in which they were added.
	 */
	@Override
	public List<AuditEvent> find(@Nullable String principal, @Nullable Instant after, @Nullable String type) {
		List<AuditEvent> found = new ArrayList<>();
		for (byte[] bytes : snapshot()) {
			EventDecoder event = new EventDecoder(bytes);
			if (event.matches(principal, after, type)) {
				found.add(event.event());
			}
		}
		return found;
	}

	private List<byte[]> snapshot() {
		synchronized (this.lock) {
			List<byte[]> snapshot = new ArrayList<>(this.size);
			for (int i = this.next - this.size; i < this.next; i++) {
				snapshot.add(this.events[Math.floorMod(i, this.events.length)].clone());
			}
			return snapshot;
		}
	}

}
