package io.mcpsecurity.actuate;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.security.AuthorizationAuditListener;

/**
 * Spring Boot's audit events about what an application denies, without the id of the HTTP
 * session.
 */
public final class CredentialFreeAuthorizationAuditListener extends AuthorizationAuditListener {

	@Override
	protected void publish(AuditEvent event) {
		super.publish(CredentialFree.withoutSession(event));
	}

}
