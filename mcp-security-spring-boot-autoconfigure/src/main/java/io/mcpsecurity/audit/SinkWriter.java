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
	 * How long events wait for others to be written with: waking the thread for each
	 * takes longer than to write it.
	 */
	private static final Duration GATHERING = Duration.ofMillis(5);

	private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

	private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

	private final AuditSink sink;

	private final String name;

	private final Settings settings;

	private final ReentrantLock lock;

	private final Condition progress;

	/** Signalled when there is something to do for the thread. */
	private final Condition work;

	/** Events stay in it until they are accounted for, also while they are written. */
	private final Queue<RecordedEvent> queue = new ArrayDeque<>();

	private State state = State.FINISHED;

	private @Nullable Thread thread;

	/** Whether the thread waits for the first event after others were written. */
	private boolean idle;

	/** How many events, from the queue's head, the sink is writing at the moment. */
	private int inHand;

	/** Whether the thread does something else than wait for events. */
	private boolean busy;

	/** Since when, in the time of {@link System#nanoTime()}. */
	private long busySince;

	/** How many places are kept. */
	private int reserved;

	private long published;

	private long dropped;

	private long failed;

	private boolean failing;

	private boolean overflowing;

	private @Nullable String lastFailure;

	/** The wait before the next try after a failure; the thread's own. */
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
	 * Whether it is worth waiting for the sink: it is not failing, and has not been over
	 * one batch for too long.
	 */
	boolean keepsUp() {
		return this.state == State.OPEN && !this.failing && !isStuck();
	}

	private boolean isStuck() {
		return this.busy && System.nanoTime() - this.busySince > this.settings.blockTimeout().toNanos();
	}

	boolean hasRoomForCall() {
		return taken() < this.settings.queueCapacity();
	}

	/**
	 * When calls need a place, a quarter of the room is for them alone: a flood of
	 * refusals, which anybody can cause, must not be a way to keep callers out.
	 */
	private boolean hasRoomForOther() {
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
	 * Put an event where a place was kept for it.
	 * @return whether it was taken: not after the writer has finished
	 */
	boolean fill(RecordedEvent event) {
		this.reserved--;
		return this.state != State.FINISHED && add(event);
	}

	/**
	 * Put an event where there is room.
	 * @return whether it was taken
	 */
	boolean offer(RecordedEvent event) {
		return this.state != State.FINISHED && hasRoomForOther() && add(event);
	}

	private boolean add(RecordedEvent event) {
		boolean added = this.queue.add(event);
		if (this.idle || this.queue.size() == enough()) {
			this.idle = false;
			this.work.signal();
		}
		return added;
	}

	/**
	 * How many events are not to wait for more.
	 */
	private int enough() {
		return Math.min(this.settings.batchSize(), (this.settings.queueCapacity() + 1) / 2);
	}

	/**
	 * Count an event that was not taken.
	 * @return whether it is the first since there was room, which is to be reported
	 */
	boolean drop() {
		this.dropped++;
		boolean first = !this.overflowing;
		this.overflowing = true;
		return first;
	}

	/**
	 * Say that events are dropped.
	 */
	void reportOverflow() {
		logger.warn("The audit sink '" + this.name + "' takes no more events at the moment: they are dropped");
	}

	SinkStatus status() {
		return new SinkStatus(this.name, this.queue.size(), this.published, this.dropped, this.failed,
				!this.failing && !this.overflowing && !isStuck(), this.lastFailure);
	}

	/**
	 * Take events, and start the thread unless it still runs.
	 */
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

	/**
	 * Write what is there, and end.
	 */
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
	 * Give up what is left.
	 * @return the events that the sink has not written, or is writing
	 */
	List<RecordedEvent> abandon() {
		List<RecordedEvent> left = List.copyOf(this.queue);
		this.failed += left.size();
		this.inHand = 0;
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
				// Not the sink, but memory or the log: what is queued is tried again.
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
			rest();
		}
		return true;
	}

	/**
	 * Wait for events.
	 * @return whatever is queued now, up to a batch, or nothing when the thread is to end
	 */
	private List<McpAuditEvent> awaitBatch() {
		this.lock.lock();
		try {
			this.busy = false;
			while (this.queue.isEmpty() && !mayEnd()) {
				this.idle = true;
				this.work.awaitUninterruptibly();
				this.idle = false;
				gather();
			}
			// An interruption that a sink left behind must not disturb the next write.
			Thread.interrupted();
			if (this.queue.isEmpty()) {
				this.state = State.FINISHED;
				this.thread = null;
				this.progress.signalAll();
				return List.of();
			}
			this.inHand = Math.min(this.queue.size(), this.settings.batchSize());
			this.busy = true;
			this.busySince = System.nanoTime();
			return this.queue.stream().limit(this.inHand).map(RecordedEvent::event).toList();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Wait a moment for more events than the first, unless there are enough, somebody
	 * waits for them to be written, or the trail is closed.
	 */
	private void gather() {
		if (this.settings.onFailure() == OnFailure.DENY) {
			return;
		}
		try {
			long nanos = GATHERING.toNanos();
			while (nanos > 0 && this.state == State.OPEN && !this.queue.isEmpty() && this.queue.size() < enough()) {
				nanos = this.work.awaitNanos(nanos);
			}
		}
		catch (InterruptedException ex) {
			// From abandon(), or left behind by a sink: what is there is written.
		}
	}

	private boolean mayEnd() {
		return this.state == State.FINISHED || (this.state == State.FINISHING && this.reserved == 0);
	}

	/**
	 * Account for the batch in hand, unless it was given up meanwhile.
	 */
	private void settle(@Nullable Throwable failure) {
		List<RecordedEvent> done;
		boolean news;
		this.lock.lock();
		try {
			if (this.inHand == 0) {
				return;
			}
			done = new ArrayList<>(this.inHand);
			if (failure == null || this.settings.onFailure() == OnFailure.ALLOW) {
				for (int i = 0; i < this.inHand; i++) {
					done.add(this.queue.remove());
				}
			}
			this.inHand = 0;
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
	 * Note a failure.
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
	 * Note a success. An overflow is over when half of the queue is free: without that
	 * distance, a sink at its limit would be reported with every batch.
	 * @return whether it is the end of an outage
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

	/**
	 * Wait before the next try, longer each time. Closing cuts the wait short.
	 */
	private void rest() {
		this.lock.lock();
		try {
			State before = this.state;
			long nanos = this.pause.toNanos();
			// An interruption that a sink left behind must not make this a busy loop.
			Thread.interrupted();
			while (nanos > 0 && this.state == before && !this.queue.isEmpty()) {
				nanos = this.work.awaitNanos(nanos);
			}
			this.pause = (this.state == before) ? longer(this.pause) : FIRST_PAUSE;
		}
		catch (InterruptedException ex) {
			// From abandon(), which has changed the state, too.
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
