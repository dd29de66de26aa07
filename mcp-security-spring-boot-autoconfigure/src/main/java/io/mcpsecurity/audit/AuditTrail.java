package io.mcpsecurity.audit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

import io.mcpsecurity.exchange.ExchangeAudit;
import io.mcpsecurity.exchange.UnrecordableCallException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Queues the events of the threads that serve requests and delivers them to the sinks.
 * <p>
 * Each sink has a bounded queue and its own thread, so that a sink that fails, is slow or
 * hangs does not affect the others. Each sink accounts for every event: it is published,
 * dropped because the queue was full, failed, or still queued.
 */
public final class AuditTrail implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(AuditTrail.class);

	private final Settings settings;

	/** Shared by all sinks, because a call reserves capacity in all queues or in none. */
	private final ReentrantLock lock = new ReentrantLock();

	/** Signalled when a writer has finished a batch, or has ended. */
	private final Condition progress = this.lock.newCondition();

	private final List<SinkWriter> writers;

	/**
	 * Create an open trail.
	 * @param sinks the sinks, with unique names
	 * @param settings the limits, and the behavior when they are reached
	 * @throws IllegalArgumentException if two sinks have the same name
	 */
	public AuditTrail(Collection<? extends AuditSink> sinks, Settings settings) {
		this.settings = settings;
		this.writers = sinks.stream().map((sink) -> new SinkWriter(sink, settings, this.lock, this.progress)).toList();
		Set<String> names = new HashSet<>();
		for (SinkWriter writer : this.writers) {
			if (!names.add(writer.name())) {
				throw new IllegalArgumentException("Two audit sinks have the name '" + writer.name() + "'");
			}
		}
		open();
	}

	/**
	 * Reserve capacity for the event of a call that is about to be made, if failures of
	 * sinks deny calls. Waits for capacity as configured by {@link Settings}.
	 * @return the reservation, which must be used or released, once; {@code null} when
	 * failures of sinks do not deny calls
	 * @throws UnrecordableCallException if the call must not be made, because its event
	 * could not be accepted
	 */
	public @Nullable Place reserve() throws UnrecordableCallException {
		if (this.settings.onFailure() == OnFailure.ALLOW) {
			return null;
		}
		long nanos = maxWait();
		this.lock.lock();
		try {
			for (SinkWriter full = fullWriter(); full != null; full = fullWriter()) {
				if (nanos <= 0) {
					throw new UnrecordableCallException("The audit sink '" + full.name() + "' has no capacity left");
				}
				nanos = this.progress.awaitNanos(nanos);
			}
			this.writers.forEach(SinkWriter::reserve);
			return new Place();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new UnrecordableCallException("Interrupted while waiting for an audit sink");
		}
		finally {
			this.lock.unlock();
		}
	}

	private @Nullable SinkWriter fullWriter() throws UnrecordableCallException {
		SinkWriter full = null;
		for (SinkWriter writer : this.writers) {
			if (!writer.keepsUp()) {
				throw new UnrecordableCallException("The audit sink '" + writer.name() + "' is not available");
			}
			full = (full == null && !writer.hasCapacityForCall()) ? writer : full;
		}
		return full;
	}

	/**
	 * Record the event of a request without a reservation. Waits for capacity as
	 * configured by {@link Settings}, even if the thread is interrupted meanwhile, so
	 * that an interruption does not lose the event.
	 * @param event the event
	 */
	public void record(McpAuditEvent event) {
		RecordedEvent recorded = new RecordedEvent(event, this.writers.size());
		List<SinkWriter> full = new ArrayList<>(this.writers);
		List<SinkWriter> overflown = new ArrayList<>(0);
		boolean interrupted = false;
		long end = System.nanoTime() + maxWait();
		this.lock.lock();
		try {
			full.removeIf((writer) -> writer.offer(recorded));
			while (!full.isEmpty()) {
				long nanos = end - System.nanoTime();
				full.removeIf((writer) -> {
					boolean drop = nanos <= 0 || !writer.keepsUp();
					if (drop && writer.drop()) {
						overflown.add(writer);
					}
					return drop;
				});
				try {
					if (!full.isEmpty()) {
						this.progress.awaitNanos(nanos);
					}
				}
				catch (InterruptedException ex) {
					interrupted = true;
				}
				full.removeIf((writer) -> writer.offer(recorded));
			}
		}
		finally {
			this.lock.unlock();
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
		overflown.forEach(SinkWriter::reportOverflow);
	}

	/** The maximum time to wait for capacity, in nanoseconds. */
	private long maxWait() {
		return (this.settings.onOverflow() == OnOverflow.BLOCK) ? this.settings.blockTimeout().toNanos() : 0;
	}

	/** A consistent snapshot of the status of each sink. */
	public List<SinkStatus> sinks() {
		this.lock.lock();
		try {
			return this.writers.stream().map(SinkWriter::status).toList();
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Accept events again after {@link #close()}. */
	public void open() {
		this.lock.lock();
		try {
			this.writers.forEach(SinkWriter::open);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Wait until all recorded events are written and all reservations are used or
	 * released, for the drain timeout at most. Events that are left then are counted as
	 * failed. Events that are recorded later are dropped.
	 */
	@Override
	public void close() {
		List<RecordedEvent> lost = new ArrayList<>();
		List<String> losses = new ArrayList<>();
		boolean interrupted = false;
		long nanos = this.settings.drainTimeout().toNanos();
		this.lock.lock();
		try {
			this.writers.forEach(SinkWriter::finish);
			while (nanos > 0 && !this.writers.stream().allMatch(SinkWriter::hasFinished)) {
				try {
					nanos = this.progress.awaitNanos(nanos);
				}
				catch (InterruptedException ex) {
					interrupted = true;
					nanos = 0;
				}
			}
			for (SinkWriter writer : this.writers) {
				List<RecordedEvent> left = writer.abandon();
				if (!left.isEmpty()) {
					lost.addAll(left);
					losses.add(left.size() + " to '" + writer.name() + "'");
				}
			}
		}
		finally {
			this.lock.unlock();
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
		if (!losses.isEmpty()) {
			logger.error("Audit events were not written within the drain timeout: " + String.join(", ", losses));
		}
		UnrecordableCallException cause = new UnrecordableCallException("The audit trail was closed");
		lost.forEach((event) -> event.lost(cause));
	}

	/** What happens when the queue of a sink is full. */
	public enum OnOverflow {

		/** Recording waits for capacity, unless the sink is failing or stuck. */
		BLOCK,

		/** The event is dropped. */
		DROP

	}

	/** What happens when a sink fails. */
	public enum OnFailure {

		/** Calls continue, and the sink loses the events that could not be written. */
		ALLOW,

		/** Calls are refused, and writing the events is retried. */
		DENY

	}

	/**
	 * Limits, and the behavior when they are reached.
	 *
	 * @param queueCapacity the capacity of each sink's queue, including events that are
	 * being written and reservations
	 * @param batchSize the maximum number of events that a sink writes at once
	 * @param onOverflow what happens when a queue is full
	 * @param onFailure what happens when a sink fails
	 * @param blockTimeout how long recording waits for capacity. A sink that needs longer
	 * for one batch counts as stuck.
	 * @param drainTimeout how long closing waits for the queues to drain
	 */
	public record Settings(int queueCapacity, int batchSize, OnOverflow onOverflow, OnFailure onFailure,
			Duration blockTimeout, Duration drainTimeout) {

		public Settings {
			if (queueCapacity < 1 || batchSize < 1) {
				throw new IllegalArgumentException("Not positive: " + queueCapacity + ", " + batchSize);
			}
		}

	}

	/**
	 * The status of a sink. The number of recorded events is the sum of the four counts.
	 *
	 * @param name the sink's name
	 * @param queued events that are waiting or being written
	 * @param published events written
	 * @param dropped events that were dropped because the queue was full
	 * @param failed events that were lost because the sink failed
	 * @param healthy whether the last write succeeded, no write exceeds the block
	 * timeout, and no overflow is in progress
	 * @param lastFailure the class of the last exception, or {@code null}. The message is
	 * left out, because it can contain secrets.
	 */
	public record SinkStatus(String name, int queued, long published, long dropped, long failed, boolean healthy,
			@Nullable String lastFailure) {
	}

	/** Reserved capacity for one event in every queue. */
	public final class Place implements ExchangeAudit.Reservation {

		private Place() {
		}

		/**
		 * Record the event.
		 * @param event the event
		 * @return completes when every sink has written the event, and exceptionally when
		 * the event was lost or a sink has not written it within the block timeout (the
		 * sink continues to try). Dependent actions run on the thread of a sink and must
		 * not block it.
		 */
		public CompletionStage<Void> record(McpAuditEvent event) {
			RecordedEvent recorded = new RecordedEvent(event, AuditTrail.this.writers.size());
			List<SinkWriter> closed = new ArrayList<>(AuditTrail.this.writers);
			AuditTrail.this.lock.lock();
			try {
				closed.removeIf((writer) -> writer.fill(recorded));
				closed.forEach(SinkWriter::drop);
			}
			finally {
				AuditTrail.this.lock.unlock();
			}
			if (!closed.isEmpty()) {
				closed.forEach(SinkWriter::reportOverflow);
				recorded.lost(new UnrecordableCallException("The audit trail is closed"));
			}
			return recorded.written(AuditTrail.this.settings.blockTimeout());
		}

		/** Release the capacity without an event. */
		public void release() {
			AuditTrail.this.lock.lock();
			try {
				AuditTrail.this.writers.forEach(SinkWriter::release);
				AuditTrail.this.progress.signalAll();
			}
			finally {
				AuditTrail.this.lock.unlock();
			}
		}

	}

}
