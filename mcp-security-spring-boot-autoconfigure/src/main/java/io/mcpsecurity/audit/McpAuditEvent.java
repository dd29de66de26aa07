package io.mcpsecurity.audit;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What happened in one request: who asked for what, through which client, whether it was
 * allowed, and what came of it. It never holds a token, an {@code Authorization} header
 * or a cookie.
 *
 * @param id unique, a UUID
 * @param timestamp when the request arrived
 * @param type what kind of event it is
 * @param subject the {@code sub} of the verified token, or {@code null} when there was
 * none
 * @param data the facts by their names, which docs/audit-event.schema.json lists; a fact
 * that is not known is left out. Values are strings, numbers, booleans, and lists and
 * maps of them; strings have no control characters and are of bounded length.
 */
public record McpAuditEvent(String id, Instant timestamp, Type type, @Nullable String subject,
		Map<String, Object> data) {

	public McpAuditEvent {
		data = (data instanceof Facts) ? data : Collections.unmodifiableMap(new LinkedHashMap<>(data));
	}

	/**
	 * The kinds of events.
	 */
	public enum Type {

		/** A call was let through to its handler. */
		MCP_CALL,

		/** A caller was denied what the request asked for. */
		MCP_CALL_DENIED,

		/** There was no caller: the access token is missing, bad, or not checkable. */
		MCP_AUTHENTICATION_FAILED,

		/** The request could not be served, whoever sent it. */
		MCP_REQUEST_REJECTED

	}

}
