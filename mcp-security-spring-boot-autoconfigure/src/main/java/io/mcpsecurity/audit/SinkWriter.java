package io.mcpsecurity.audit;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

import io.mcpsecurity.audit.AuditTrail.OnFailure;
import io.mcpsecurity.audit.AuditTrail.Settings;
import io.mcpsecurity.audit.AuditTrail.SinkStatus;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The queue of one sink and the thread that writes it. All methods but {@link #name()}
 * and {@link #reportOverflow()} are called with the trail's lock held, which is never
 * held while the sink writes.
 */
final class SinkWriter {

	private static final Log logger = LogFactory.getLog(AuditTrail.class);

	/**
	 * The linger time, for writing events in batches: waking the thread for each event
	 * takes longer than writing it.
	 */
	private static final Duration LINGER = Duration.ofMillis(5);

	private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

	private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

	private final AuditSink sink;

	private final String name;

	private final Settings settings;

	private final ReentrantLock lock;

	private final Condition progress;

	/** Signalled when the thread has work to do. */
	private final Condition work;

	/** Contains the events that are waiting or being written. */
	private final Queue<RecordedEvent> queue = new ArrayDeque<>();

	private State state = State.FINISHED;

	private @Nullable Thread thread;

	/** Whether the thread is waiting for an event with an empty queue. */
	private boolean idle;

	/** The number of events at the head of the queue that the sink is writing. */
	private int writing;

	/** Whether the thread is doing anything but wait for events. */
	private boolean busy;

	/** When the thread became busy, by {@link System#nanoTime()}. */
	private long busySince;

	/** The number of reservations. */
	private int reserved;

	private long published;

	private long dropped;

	private long failed;

	private boolean failing;

	private boolean overflowing;

	private @Nullable String lastFailure;

	/** The delay before the next attempt after a failure; used by the thread only. */
	private Duration pause = FIRST_PAUSE;

	SinkWriter(AuditSink sink, Settings settings, ReentrantLock lock, Condition progress) {
		this.sink = sink;
		this.name = sink.name();
		this.settings = settings;
		this.lock = lock;
		this.progress = progress;
		this.work = lock.newCondition();
	}

	String name() {
		return this.name;
	}

	/**
	 * Whether to wait for the sink: it is not failing, and the current batch has not
	 * exceeded the block timeout.
	 */
	boolean keepsUp() {
		return this.state == State.OPEN && !this.failing && !isStuck();
	}

	private boolean isStuck() {
		return this.busy && System.nanoTime() - this.busySince > this.settings.blockTimeout().toNanos();
	}

	boolean hasCapacityForCall() {
		return taken() < this.settings.queueCapacity();
	}

	/**
	 * If calls need a reservation, a quarter of the capacity is reserved for them, so
	 * that a flood of refused requests, which any client can cause, does not block calls.
	 */
	private boolean hasCapacityForOther() {
		int capacity = this.settings.queueCapacity();
		return taken() < ((this.settings.onFailure() == OnFailure.DENY) ? capacity - capacity / 4 : capacity);
	}

	private int taken() {
		return this.queue.size() + this.reserved;
	}

	void reserve() {
		this.reserved++;
	}

	void release() {
		this.reserved--;
		this.work.signal();
	}

	/**
	 * Add an event for which capacity was reserved.
	 * @return whether it was added; {@code false} after the writer has finished
	 */
	boolean fill(RecordedEvent event) {
		this.reserved--;
		return this.state != State.FINISHED && add(event);
	}

	/**
	 * Add an event if there is capacity.
	 * @return whether it was added
	 */
	boolean offer(RecordedEvent event) {
		return this.state != State.FINISHED && hasCapacityForOther() && add(event);
	}

	private boolean add(RecordedEvent event) {
		boolean added = this.queue.add(event);
		if (this.idle || this.queue.size() == enough()) {
			this.idle = false;
			this.work.signal();
		}
		return added;
	}

	/** The number of events that are written without waiting for more. */
	private int enough() {
		return Math.min(this.settings.batchSize(), (this.settings.queueCapacity() + 1) / 2);
	}

	/**
	 * Count a dropped event.
	 * @return whether it is the first of an overflow, which is to be logged
	 */
	boolean drop() {
		this.dropped++;
		boolean first = !this.overflowing;
		this.overflowing = true;
		return first;
	}

	/** Log that events are dropped. */
	void reportOverflow() {
		logger.warn("The audit sink '" + this.name + "' has no capacity left: events are dropped");
	}

	SinkStatus status() {
		return new SinkStatus(this.name, this.queue.size(), this.published, this.dropped, this.failed,
				!this.failing && !this.overflowing && !isStuck(), this.lastFailure);
	}

	/** Accept events, and start the thread unless it is still running. */
	void open() {
		this.state = State.OPEN;
		if (this.thread == null) {
			Thread writer = new Thread(null, this::run, "mcp-audit-" + this.name, 0, false);
			writer.setContextClassLoader(Thread.currentThread().getContextClassLoader());
			writer.setDaemon(true);
			writer.start();
			this.thread = writer;
		}
	}

	/** Write the queued events, and end. */
	void finish() {
		if (this.state == State.OPEN) {
			this.state = State.FINISHING;
			this.work.signal();
		}
	}

	boolean hasFinished() {
		return this.state == State.FINISHED;
	}

	/**
	 * Drop the events that are left.
	 * @return the events that the sink has not written, or is writing
	 */
	List<RecordedEvent> abandon() {
		List<RecordedEvent> left = List.copyOf(this.queue);
		this.failed += left.size();
		this.writing = 0;
		this.queue.clear();
		this.state = State.FINISHED;
		if (this.thread != null) {
			this.work.signal();
			this.thread.interrupt();
		}
		return left;
	}

	private void run() {
		boolean more = true;
		while (more) {
			try {
				more = writeNext();
			}
			catch (Throwable ex) {
				// Not caused by the sink, but by memory or logging: queued events are
				// retried.
			}
		}
	}

	private boolean writeNext() {
		Throwable failure = null;
		try {
			List<McpAuditEvent> batch = awaitBatch();
			if (batch.isEmpty()) {
				return false;
			}
			this.sink.write(batch);
		}
		catch (Throwable ex) {
			failure = ex;
		}
		settle(failure);
		if (failure == null) {
			this.pause = FIRST_PAUSE;
		}
		else if (this.settings.onFailure() == OnFailure.DENY) {
			backOff();
		}
		return true;
	}

	/**
	 * Wait for events.
	 * @return the queued events, up to the size of a batch, or an empty list when the
	 * thread is to end
	 */
	private List<McpAuditEvent> awaitBatch() {
		this.lock.lock();
		try {
			this.busy = false;
			while (this.queue.isEmpty() && !mayEnd()) {
				this.idle = true;
				this.work.awaitUninterruptibly();
				this.idle = false;
				linger();
			}
			// A sink can leave the thread interrupted, which must not affect the next
			// write.
			Thread.interrupted();
			if (this.queue.isEmpty()) {
				this.state = State.FINISHED;
				this.thread = null;
				this.progress.signalAll();
				return List.of();
			}
			this.writing = Math.min(this.queue.size(), this.settings.batchSize());
			this.busy = true;
			this.busySince = System.nanoTime();
			return this.queue.stream().limit(this.writing).map(RecordedEvent::event).toList();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Wait briefly for more events, unless there are enough, calls depend on them being
	 * written, or the trail is closed.
	 */
	private void linger() {
		if (this.settings.onFailure() == OnFailure.DENY) {
			return;
		}
		try {
			long nanos = LINGER.toNanos();
			while (nanos > 0 && this.state == State.OPEN && !this.queue.isEmpty() && this.queue.size() < enough()) {
				nanos = this.work.awaitNanos(nanos);
			}
		}
		catch (InterruptedException ex) {
			// By abandon(), or left by a sink: the queued events are written.
		}
	}

	private boolean mayEnd() {
		return this.state == State.FINISHED || (this.state == State.FINISHING && this.reserved == 0);
	}

	/** Account for the current batch, unless it was dropped meanwhile. */
	private void settle(@Nullable Throwable failure) {
		List<RecordedEvent> done;
		boolean news;
		this.lock.lock();
		try {
			if (this.writing == 0) {
				return;
			}
			done = new ArrayList<>(this.writing);
			if (failure == null || this.settings.onFailure() == OnFailure.ALLOW) {
				for (int i = 0; i < this.writing; i++) {
					done.add(this.queue.remove());
				}
			}
			this.writing = 0;
			news = (failure != null) ? noteFailure(done.size(), failure) : noteSuccess(done.size());
			this.progress.signalAll();
		}
		finally {
			this.lock.unlock();
		}
		if (failure == null) {
			done.forEach(RecordedEvent::writtenOnce);
		}
		if (news) {
			report(failure);
		}
	}

	/**
	 * Record a failure.
	 * @return whether it is the first after a success
	 */
	private boolean noteFailure(int events, Throwable failure) {
		boolean first = !this.failing;
		this.failed += events;
		this.failing = true;
		this.lastFailure = failure.getClass().getName();
		return first;
	}

	/**
	 * Record a success. An overflow ends when half of the queue is free. Without that
	 * margin, a sink at its limit would be logged with every batch.
	 * @return whether an outage or overflow has ended
	 */
	private boolean noteSuccess(int events) {
		boolean wasWell = !this.failing && !this.overflowing;
		this.published += events;
		this.failing = false;
		this.overflowing = this.overflowing && this.queue.size() > this.settings.queueCapacity() / 2;
		return !wasWell && !this.overflowing;
	}

	private void report(@Nullable Throwable failure) {
		if (failure == null) {
			logger.info("The audit sink '" + this.name + "' works again");
			return;
		}
		logger.warn("The audit sink '" + this.name + "' failed with " + failure.getClass().getName()
				+ ((this.settings.onFailure() == OnFailure.ALLOW) ? ": events are lost to it until it works again"
						: ": calls are refused until it works again"));
	}

	/** Wait before the next attempt, longer each time. Closing ends the wait. */
	private void backOff() {
		this.lock.lock();
		try {
			State before = this.state;
			long nanos = this.pause.toNanos();
			// A sink can leave the thread interrupted, which would make this a busy loop.
			Thread.interrupted();
			while (nanos > 0 && this.state == before && !this.queue.isEmpty()) {
				nanos = this.work.awaitNanos(nanos);
			}
			this.pause = (this.state == before) ? longer(this.pause) : FIRST_PAUSE;
		}
		catch (InterruptedException ex) {
			// By abandon(), which has changed the state as well.
			this.pause = FIRST_PAUSE;
		}
		finally {
			this.lock.unlock();
		}
	}

	private static Duration longer(Duration pause) {
		Duration twice = pause.multipliedBy(2);
		return (twice.compareTo(LONGEST_PAUSE) < 0) ? twice : LONGEST_PAUSE;
	}

	private enum State {

		OPEN, FINISHING, FINISHED

	}

}
