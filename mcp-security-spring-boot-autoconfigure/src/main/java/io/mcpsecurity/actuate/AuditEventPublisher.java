package io.mcpsecurity.actuate;

import java.util.List;

import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.McpAuditEvent;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.context.ApplicationEventPublisher;

/**
 * The sink {@code events}: each event becomes an {@link AuditApplicationEvent}, which
 * Spring Boot stores in the application's {@code AuditEventRepository} and which every
 * listener of the application gets, on the sink's thread.
 */
public final class AuditEventPublisher implements AuditSink {

	private final ApplicationEventPublisher publisher;

	/**
	 * Create the sink.
	 * @param publisher where application events go
	 */
	public AuditEventPublisher(ApplicationEventPublisher publisher) {
		this.publisher = publisher;
	}

	@Override
	public String name() {
		return "events";
	}

	/**
	 * Publish events. A listener that does not want one keeps the others from nobody.
	 * @throws RuntimeException the first exception of a listener, after all were
	 * published
	 */
	@Override
	public void write(List<McpAuditEvent> events) {
		RuntimeException failure = null;
		for (McpAuditEvent event : events) {
			RuntimeException current = publish(event);
			failure = (failure == null) ? current : failure;
		}
		if (failure != null) {
			throw failure;
		}
	}

	private @Nullable RuntimeException publish(McpAuditEvent event) {
		try {
			this.publisher.publishEvent(new AuditApplicationEvent(
					new AuditEvent(event.timestamp(), event.subject(), event.type().name(), event.data())));
			return null;
		}
		catch (RuntimeException ex) {
			return ex;
		}
	}

}
