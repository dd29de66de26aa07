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
 * Deletes audit events that were kept long enough, every hour, on a thread of its own. It
 * deletes a thousand at a time, in a short transaction and with a pause after it, so that
 * writing goes on beside it. A failure is logged; the next hour makes up for it. Several
 * instances of an application may do so at once.
 */
public final class AuditRetention implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(AuditRetention.class);

	private static final int CHUNK = 1000;

	private static final Duration PAUSE = Duration.ofMillis(50);

	private static final Duration INTERVAL = Duration.ofHours(1);

	private static final Duration PATIENCE = Duration.ofSeconds(15);

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
	 * Create what deletes old events; it does nothing before it is started.
	 * @param repository where the events are
	 * @param retention how long an event is kept
	 * @param clock tells what time it is
	 */
	public AuditRetention(JdbcAuditEventRepository repository, Duration retention, Clock clock) {
		this.repository = repository;
		this.retention = retention;
		this.clock = clock;
	}

	/**
	 * Delete every hour from now on, for the first time in a few minutes: instances that
	 * start together should not delete together.
	 */
	public void start() {
		start(Duration.ofSeconds(ThreadLocalRandom.current().nextLong(60, 600)));
	}

	void start(Duration delay) {
		this.thread.scheduleWithFixedDelay(this::run, delay.toSeconds(), INTERVAL.toSeconds(), TimeUnit.SECONDS);
	}

	/**
	 * Delete what is to be deleted now. Returns when that is done, has failed, or when
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
	 * Stop deleting. Waits for the transaction that is under way, which is not
	 * interrupted: H2 closes the database of a thread that is.
	 */
	@Override
	public void close() {
		this.closed.countDown();
		this.thread.shutdown();
		try {
			this.thread.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
