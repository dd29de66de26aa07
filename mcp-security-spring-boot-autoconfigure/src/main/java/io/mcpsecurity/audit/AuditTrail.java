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
 * Takes events from the threads that serve requests and brings them to the sinks.
 * <p>
 * Each sink has a bounded queue and a thread of its own, so that one that fails, is slow
 * or hangs keeps nothing from the others. Every event is accounted for at each sink: it
 * is published, dropped because there was no room, failed, or still queued.
 */
public final class AuditTrail implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(AuditTrail.class);

	private final Settings settings;

	/**
	 * One for all sinks: a call's places are taken at all of them or at none.
	 */
	private final ReentrantLock lock = new ReentrantLock();

	/** Signalled when a writer has finished with a batch, or altogether. */
	private final Condition progress = this.lock.newCondition();

	private final List<SinkWriter> writers;

	/**
	 * Create an open trail.
	 * @param sinks where events go, each with a name of its own
	 * @param settings bounds, and what happens at them
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
	 * sinks deny calls. Waits for capacity as {@link Settings} say.
	 * @return the reservation, which must be used or released, once; {@code null} when
	 * failures of sinks do not deny calls
	 * @throws UnrecordableCallException if the call must not be made, because its event
	 * could not be accepted
	 */
	public @Nullable Place reserve() throws UnrecordableCallException {
		if (this.settings.onFailure() == OnFailure.ALLOW) {
			return null;
		}
		long nanos = patience();
		this.lock.lock();
		try {
			for (SinkWriter full = fullWriter(); full != null; full = fullWriter()) {
				if (nanos <= 0) {
					throw new UnrecordableCallException("The audit sink '" + full.name() + "' has no room");
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
				throw new UnrecordableCallException("The audit sink '" + writer.name() + "' does not keep up");
			}
			full = (full == null && !writer.hasRoomForCall()) ? writer : full;
		}
		return full;
	}

	/**
	 * Record the event of a request without a reservation. Waits for capacity as
	 * {@link Settings} say, also when the thread is interrupted meanwhile: that is no
	 * reason to lose the event.
	 * @param event the event
	 */
	public void record(McpAuditEvent event) {
		RecordedEvent recorded = new RecordedEvent(event, this.writers.size());
		List<SinkWriter> full = new ArrayList<>(this.writers);
		List<SinkWriter> overflown = new ArrayList<>(0);
		boolean interrupted = false;
		long end = System.nanoTime() + patience();
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

	/**
	 * How long a thread waits for room, in nanoseconds.
	 */
	private long patience() {
		return (this.settings.onOverflow() == OnOverflow.BLOCK) ? this.settings.blockTimeout().toNanos() : 0;
	}

	/**
	 * How each sink is doing, in a snapshot of one moment.
	 */
	public List<SinkStatus> sinks() {
		this.lock.lock();
		try {
			return this.writers.stream().map(SinkWriter::status).toList();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Take events again after {@link #close()}.
	 */
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
	 * Wait until what was recorded is written and the places that were kept are filled or
	 * released, as long as {@link Settings} say. What is left then is given up and
	 * counted as failed. What is recorded later is dropped.
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
			logger.error("Audit events were not written before the time to drain the queues was over: "
					+ String.join(", ", losses));
		}
		UnrecordableCallException cause = new UnrecordableCallException("The audit trail was closed");
		lost.forEach((event) -> event.lost(cause));
	}

	/**
	 * What happens when the queue of a sink is full.
	 */
	public enum OnOverflow {

		/** Recording waits for room while the sink keeps up. */
		BLOCK,

		/** The event is dropped. */
		DROP

	}

	/**
	 * What happens when a sink fails.
	 */
	public enum OnFailure {

		/** Calls go on; what could not be written is lost to that sink. */
		ALLOW,

		/** Calls are refused; what could not be written is tried again. */
		DENY

	}

	/**
	 * Bounds, and what happens at them.
	 *
	 * @param queueCapacity how many events each sink's queue holds, with those that are
	 * being written and the places kept
	 * @param batchSize how many events a sink is given at once, at most
	 * @param onOverflow what happens when a queue is full
	 * @param onFailure what happens when a sink fails
	 * @param blockTimeout how long recording waits for room; a sink that takes longer
	 * over one batch does not keep up
	 * @param drainTimeout how long closing waits
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
	 * How a sink is doing. The events recorded so far are the sum of the four counts.
	 *
	 * @param name the sink's name
	 * @param queued events that wait, or are being written
	 * @param published events written
	 * @param dropped events for which there was no room
	 * @param failed events given up because the sink failed
	 * @param healthy whether the last write succeeded, none takes too long, and no event
	 * was lost since there was room again
	 * @param lastFailure the class of the last exception, or {@code null} when there was
	 * none (its message may hold anything)
	 */
	public record SinkStatus(String name, int queued, long published, long dropped, long failed, boolean healthy,
			@Nullable String lastFailure) {
	}

	/**
	 * Capacity in every queue for one event to come.
	 */
	public final class Place implements ExchangeAudit.Reservation {

		private Place() {
		}

		/**
		 * Record the event.
		 * @param event the event
		 * @return completes when every sink has written the event, exceptionally when one
		 * could not or has not within the block timeout (it is tried further). Dependent
		 * actions run on the thread of a sink, and must not block it.
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

		/**
		 * There will be no event.
		 */
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
