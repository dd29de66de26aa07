package io.mcpsecurity.audit;

import java.util.Map;

/**
 * Describes an event in a sentence for people. Clients choose some of the names in it, so
 * only the facts are authoritative.
 */
final class EventSentence {

	private EventSentence() {
	}

	static String of(McpAuditEvent event) {
		Map<String, Object> facts = event.data();
		return switch (event.type()) {
			case MCP_CALL -> who(event) + " called " + what(facts) + ": " + facts.get("outcome");
			case MCP_CALL_DENIED -> who(event) + " was denied " + what(facts) + ": " + facts.get("reason");
			case MCP_AUTHENTICATION_FAILED -> who(event) + " was not authenticated: " + facts.get("reason");
			case MCP_REQUEST_REJECTED -> who(event) + " sent a request that was rejected: " + facts.get("reason");
			case MCP_DOWNSTREAM_TOKEN -> "A token for " + facts.get("downstream") + " was requested for " + whom(event)
					+ ": " + facts.get("reason");
			case MCP_DOWNSTREAM_REFUSED ->
				"A request to " + facts.get("destination") + " was refused: " + facts.get("reason");
			case MCP_API_KEY_CREATED -> who(event) + " created the API key " + key(facts);
			case MCP_API_KEY_ROTATED -> who(event) + " replaced an API key with " + key(facts);
			case MCP_API_KEY_REVOKED -> who(event) + " revoked the API key " + key(facts);
		};
	}

	private static String who(McpAuditEvent event) {
		String who = (event.subject() != null) ? event.subject() : "An unknown caller";
		Object client = event.data().get("client");
		return (client != null) ? who + " through " + client : who;
	}

	private static String key(Map<String, Object> facts) {
		return (facts.get("apiKey") instanceof Map<?, ?> key) ? key.get("id") + " of " + key.get("client") : "";
	}

	private static String whom(McpAuditEvent event) {
		return (event.subject() != null) ? event.subject() : "this server";
	}

	private static String what(Map<String, Object> facts) {
		Object name = facts.get("targetName");
		return (name != null) ? facts.get("targetKind") + " " + name : String.valueOf(facts.get("method"));
	}

}
