package io.mcpsecurity.session;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that look after sessions: one that looks, and a few that end what is over,
 * because a client that reads nothing can make that take long.
 */
public final class SessionWatch implements AutoCloseable {

	private static final int THREADS = 4;

	private final ScheduledExecutorService looking = Executors.newSingleThreadScheduledExecutor(named("mcp-sessions"));

	private final ThreadPoolExecutor ending = new ThreadPoolExecutor(THREADS, THREADS, 10, TimeUnit.SECONDS,
			new LinkedBlockingQueue<>(), named("mcp-sessions-end"));

	public SessionWatch() {
		this.ending.allowCoreThreadTimeOut(true);
	}

	/**
	 * What ends sessions and streams.
	 */
	public Executor executor() {
		return this.ending;
	}

	/**
	 * Look after sessions from now on.
	 * @param sessions the sessions
	 * @param interval how often
	 */
	public void watch(Sessions sessions, Duration interval) {
		this.looking.scheduleWithFixedDelay(sessions::check, interval.toNanos(), interval.toNanos(),
				TimeUnit.NANOSECONDS);
	}

	@Override
	public void close() {
		this.looking.shutdownNow();
		this.ending.shutdownNow();
	}

	private static ThreadFactory named(String name) {
		return (task) -> {
			Thread thread = new Thread(task, name);
			thread.setDaemon(true);
			return thread;
		};
	}

}
