package io.mcpsecurity.autoconfigure;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.mcpsecurity.transport.Sessions;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;

/**
 * Checks sessions while the application runs, and ends them as soon as it begins to stop:
 * before the web server waits for active requests, which include open streams.
 */
final class SessionLifecycle implements SmartLifecycle {

	private static final Log logger = LogFactory.getLog(SessionLifecycle.class);

	private final Sessions sessions;

	private final Duration checkInterval;

	private final @Nullable Duration keepAliveInterval;

	private @Nullable ScheduledExecutorService executor;

	SessionLifecycle(Sessions sessions, Duration checkInterval, @Nullable Duration keepAliveInterval) {
		this.sessions = sessions;
		this.checkInterval = checkInterval;
		this.keepAliveInterval = keepAliveInterval;
	}

	@Override
	public synchronized void start() {
		ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor((task) -> {
			Thread thread = new Thread(task, "mcp-sessions");
			thread.setDaemon(true);
			return thread;
		});
		this.executor = executor;
		this.sessions.start();
		schedule(executor, this.sessions::check, this.checkInterval);
		if (this.keepAliveInterval != null) {
			schedule(executor, this.sessions::keepAlive, this.keepAliveInterval);
		}
	}

	private static void schedule(ScheduledExecutorService executor, Runnable action, Duration interval) {
		executor.scheduleWithFixedDelay(() -> {
			try {
				action.run();
			}
			catch (RuntimeException ex) {
				logger.error("Sessions could not be checked: " + ex.getClass().getName());
			}
		}, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
	}

	@Override
	public synchronized void stop() {
		if (this.executor != null) {
			this.executor.shutdownNow();
			this.executor = null;
		}
		this.sessions.stop();
	}

	@Override
	public synchronized boolean isRunning() {
		return this.executor != null;
	}

	@Override
	public int getPhase() {
		return WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE + 1;
	}

}
