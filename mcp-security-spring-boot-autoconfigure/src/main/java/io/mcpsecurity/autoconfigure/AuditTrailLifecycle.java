package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.audit.AuditTrail;

import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;

/**
 * Closes the audit trail after the web server has stopped: all events are recorded by
 * then, and the beans that sinks use are not destroyed yet.
 */
class AuditTrailLifecycle implements SmartLifecycle {

	private final AuditTrail trail;

	private volatile boolean running;

	AuditTrailLifecycle(AuditTrail trail) {
		this.trail = trail;
	}

	@Override
	public void start() {
		this.trail.open();
		this.running = true;
	}

	@Override
	public void stop() {
		this.running = false;
		this.trail.close();
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE - 1024;
	}

}
