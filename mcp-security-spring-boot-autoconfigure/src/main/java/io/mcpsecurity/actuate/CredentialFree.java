package io.mcpsecurity.actuate;

import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.authentication.WebAuthenticationDetails;

/**
 * What must not get into audit events about the logins of an application.
 */
final class CredentialFree {

	private static final int SHORTEST_PART = 8;

	private CredentialFree() {
	}

	/**
	 * Whether the name of an authentication is what it proves itself with, as with a
	 * bearer token that was not accepted. (A user name that is its own password is not.)
	 */
	static boolean isNamedByCredentials(Authentication authentication) {
		Object credentials = authentication.getCredentials();
		return credentials != null && !(authentication instanceof UsernamePasswordAuthenticationToken)
				&& !credentials.toString().isEmpty() && authentication.getName().contains(credentials.toString());
	}

	/**
	 * Whether a text holds the credentials, or one of the parts of a token.
	 */
	static boolean tells(@Nullable String text, Authentication authentication) {
		Object credentials = authentication.getCredentials();
		if (text == null || credentials == null) {
			return false;
		}
		if (text.contains(credentials.toString())) {
			return true;
		}
		for (String part : credentials.toString().split("\\.")) {
			if (part.length() >= SHORTEST_PART && text.contains(part)) {
				return true;
			}
		}
		return false;
	}

	/**
	 * An event without the id of an HTTP session, with which one could take it over.
	 */
	static AuditEvent withoutSession(AuditEvent event) {
		if (!(event.getData().get("details") instanceof WebAuthenticationDetails details)
				|| details.getSessionId() == null) {
			return event;
		}
		Map<String, @Nullable Object> data = new LinkedHashMap<>(event.getData());
		data.put("details", new WebAuthenticationDetails(details.getRemoteAddress(), null));
		return new AuditEvent(event.getTimestamp(), event.getPrincipal(), event.getType(), data);
	}

}
