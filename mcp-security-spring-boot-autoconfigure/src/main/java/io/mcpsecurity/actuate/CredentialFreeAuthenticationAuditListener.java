package io.mcpsecurity.actuate;

import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.security.AuthenticationAuditListener;
import org.springframework.security.authentication.event.AbstractAuthenticationEvent;
import org.springframework.security.authentication.event.AbstractAuthenticationFailureEvent;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.authentication.WebAuthenticationDetails;

/**
 * Spring Boot's audit events about the logins of an application, without credentials: as
 * it is, a bearer token that was not accepted becomes the principal of its event, and
 * events tell the id of the HTTP session.
 */
public final class CredentialFreeAuthenticationAuditListener extends AuthenticationAuditListener {

	@Override
	public void onApplicationEvent(AbstractAuthenticationEvent event) {
		if (!CredentialFree.isNamedByCredentials(event.getAuthentication())) {
			super.onApplicationEvent(event);
		}
		else if (event instanceof AbstractAuthenticationFailureEvent failure) {
			publish(nameless(failure));
		}
	}

	private static AuditEvent nameless(AbstractAuthenticationFailureEvent failure) {
		Authentication authentication = failure.getAuthentication();
		Map<String, @Nullable Object> data = new LinkedHashMap<>();
		data.put("type", failure.getException().getClass().getName());
		String message = failure.getException().getMessage();
		if (message != null && !CredentialFree.tells(message, authentication)) {
			data.put("message", message);
		}
		if (authentication.getDetails() instanceof WebAuthenticationDetails details) {
			data.put("details", details);
		}
		return new AuditEvent(null, AUTHENTICATION_FAILURE, data);
	}

	@Override
	protected void publish(AuditEvent event) {
		super.publish(CredentialFree.withoutSession(event));
	}

}
