package io.mcpsecurity.audit;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The audit event of one request, of one use of a downstream service, or of one change of
 * the API keys: the caller, the client, the target, the decision and the outcome. It
 * never contains a token, an API key, an {@code Authorization} header or a cookie.
 *
 * @param id unique, a UUID
 * @param timestamp when the request arrived, or the use began, or the keys were changed
 * @param type what kind of event it is
 * @param subject the {@code sub} of the verified token, or {@code null} when there was
 * none; who changed an API key
 * @param data the facts by their names, which docs/audit-event.schema.json lists; a fact
 * that is not known is left out. Values are strings, numbers, booleans, and lists and
 * maps of them; strings have no control characters and are of bounded length.
 */
public record McpAuditEvent(String id, Instant timestamp, Type type, @Nullable String subject,
		Map<String, Object> data) {

	public McpAuditEvent {
		data = (data instanceof Facts) ? data : Collections.unmodifiableMap(new LinkedHashMap<>(data));
	}

	/** The kinds of events. */
	public enum Type {

		/** A call was passed to its handler. */
		MCP_CALL,

		/** The policy denied the request of a caller. */
		MCP_CALL_DENIED,

		/**
		 * The caller was not authenticated: the access token is missing or invalid, or
		 * could not be checked.
		 */
		MCP_AUTHENTICATION_FAILED,

		/** The request was rejected for a reason that does not depend on the caller. */
		MCP_REQUEST_REJECTED,

		/** An access token for a downstream service was requested. */
		MCP_DOWNSTREAM_TOKEN,

		/**
		 * A request to another service was not sent, because it would have leaked a
		 * token.
		 */
		MCP_DOWNSTREAM_REFUSED,

		/** An API key was created at run time. */
		MCP_API_KEY_CREATED,

		/** An API key was created that replaces another one. */
		MCP_API_KEY_ROTATED,

		/** An API key was revoked. */
		MCP_API_KEY_REVOKED

	}

}
