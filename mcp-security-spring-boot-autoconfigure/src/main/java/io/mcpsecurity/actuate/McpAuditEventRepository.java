package io.mcpsecurity.actuate;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.actuate.audit.InMemoryAuditEventRepository;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.context.ApplicationListener;

/**
 * The newest audit events of MCP servers, in memory, for Spring Boot's endpoint
 * {@code auditevents}. Events of the rest of the application are dropped.
 * <p>
 * It is itself a listener for the events of {@link AuditEventPublisher}. Spring Boot's
 * listeners, which record the logins of the whole application in any
 * {@link AuditEventRepository}, are not needed, and the auto-configuration defines this
 * bean so that they are not created.
 */
public final class McpAuditEventRepository extends InMemoryAuditEventRepository
		implements ApplicationListener<AuditApplicationEvent> {

	/**
	 * Create a repository.
	 * @param capacity the maximum number of events; positive
	 */
	public McpAuditEventRepository(int capacity) {
		super(capacity);
	}

	@Override
	public void onApplicationEvent(AuditApplicationEvent event) {
		add(event.getAuditEvent());
	}

	/** Add an event of an MCP server. Any other event is dropped. */
	@Override
	public void add(AuditEvent event) {
		if (AuditEventPublisher.publishes(event)) {
			super.add(event);
		}
	}

}
