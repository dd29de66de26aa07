package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.audit.AuditTrail;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Reports {@code DOWN} while an audit sink fails, exceeds the block timeout or overflows.
 */
class AuditHealthIndicator extends AbstractHealthIndicator {

	private final AuditTrail trail;

	AuditHealthIndicator(AuditTrail trail) {
		super("The state of the audit trail could not be determined");
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
