package io.mcpsecurity.actuate.jdbc;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Deletes audit events after their retention period, every hour, on its own thread. It
 * deletes a thousand events at a time in a short transaction, followed by a pause, so
 * that events can be written concurrently. A failure is logged, and deletion is retried
 * after an hour. Several instances of an application may delete events at the same time.
 */
public final class AuditRetention implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(AuditRetention.class);

	private static final int CHUNK = 1000;

	private static final Duration PAUSE = Duration.ofMillis(50);

	private static final Duration INTERVAL = Duration.ofHours(1);

	private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(15);

	private final JdbcAuditEventRepository repository;

	private final Duration retention;

	private final Clock clock;

	private final CountDownLatch closed = new CountDownLatch(1);

	private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor((task) -> {
		Thread thread = new Thread(task, "mcp-audit-retention");
		thread.setDaemon(true);
		return thread;
	});

	/**
	 * Create an instance, which does nothing before it is started.
	 * @param repository the repository of the events
	 * @param retention how long an event is kept
	 * @param clock the clock
	 */
	public AuditRetention(JdbcAuditEventRepository repository, Duration retention, Clock clock) {
		this.repository = repository;
		this.retention = retention;
		this.clock = clock;
	}

	/**
	 * Start deleting every hour. The first deletion is after a random delay of one to ten
	 * minutes, so that instances that start together do not delete at the same time.
	 */
	public void start() {
		start(Duration.ofSeconds(ThreadLocalRandom.current().nextLong(60, 600)));
	}

	void start(Duration delay) {
		this.thread.scheduleWithFixedDelay(this::run, delay.toSeconds(), INTERVAL.toSeconds(), TimeUnit.SECONDS);
	}

	/**
	 * Delete the expired events. Returns when they are deleted, deletion has failed, or
	 * this is closed.
	 */
	void run() {
		Instant before = this.clock.instant().minus(this.retention);
		long deleted = 0;
		try {
			int chunk;
			do {
				chunk = this.repository.delete(before, CHUNK);
				deleted += chunk;
			}
			while (chunk == CHUNK && !this.closed.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS));
			logger.debug(deleted + " audit events from before " + before + " were deleted");
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (RuntimeException ex) {
			logger.warn("Audit events from before " + before + " could not be deleted: " + SqlFailure.of(ex).message());
		}
	}

	/**
	 * Stop deleting. Waits for the current transaction. Its thread is not interrupted,
	 * because H2 would close the database.
	 */
	@Override
	public void close() {
		this.closed.countDown();
		this.thread.shutdown();
		try {
			this.thread.awaitTermination(CLOSE_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
