package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.audit.AuditTrail;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Down while an audit sink fails or does not keep up, or has lost an event since.
 */
class AuditHealthIndicator extends AbstractHealthIndicator {

	private final AuditTrail trail;

	AuditHealthIndicator(AuditTrail trail) {
		super("The state of the audit trail could not be found out");
		this.trail = trail;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		builder.up();
		for (AuditTrail.SinkStatus sink : this.trail.sinks()) {
			builder.withDetail(sink.name(), sink);
			if (!sink.healthy()) {
				builder.down();
			}
		}
	}

}
