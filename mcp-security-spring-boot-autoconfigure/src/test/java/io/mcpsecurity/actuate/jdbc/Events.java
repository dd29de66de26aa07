package io.mcpsecurity.actuate.jdbc;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.audit.McpAuditEvent.Type;
import org.jspecify.annotations.Nullable;

/**
 * Events as MCP servers record them.
 */
final class Events {

	static final Instant NOON = Instant.parse("2026-03-01T12:00:00.123456Z");

	private Events() {
	}

	/**
	 * A call at noon with every fact there is, some of them changed.
	 * @param changes names and values of facts, alternating; {@code null} removes a fact
	 */
	static McpAuditEvent call(@Nullable Object... changes) {
		return event(NOON, Type.MCP_CALL, "alice", changes);
	}

	static McpAuditEvent event(Instant timestamp, Type type, @Nullable String subject, @Nullable Object... changes) {
		String id = UUID.randomUUID().toString();
		Map<String, Object> data = new LinkedHashMap<>();
		data.put("eventId", id);
		data.put("timestamp", timestamp.toString());
		if (subject != null) {
			data.put("subject", subject);
		}
		data.put("issuer", "https://login.example.com/realms/main");
		data.put("client", "analyst-agent");
		data.put("actors", List.of(Map.of("subject", "robot", "client", "orchestrator")));
		data.put("tokenId", "token-1");
		data.put("resource", "https://mcp.example.com/mcp");
		data.put("method", "tools/call");
		data.put("targetKind", "tool");
		data.put("targetName", "purge_records");
		data.put("decision", "granted");
		data.put("requiredScopes", List.of("records:purge"));
		data.put("grantedScopes", List.of("records:browse", "records:purge"));
		data.put("rule", "mcp-security.policy.rules[0]");
		data.put("outcome", "success");
		data.put("durationMs", 12);
		data.put("httpStatus", 200);
		data.put("requestId", "7");
		data.put("sessionIdHash", "b1946ac9");
		data.put("protocolVersion", "2025-11-25");
		data.put("remoteAddress", "192.0.2.7");
		data.put("traceId", "4bf92f3577b34da6a3ce929d0e0e4736");
		data.put("arguments", Map.of("record", "R-17", "dry", false, "limit", 3));
		for (int i = 0; i < changes.length; i += 2) {
			data.remove(String.valueOf(changes[i]));
			if (changes[i + 1] != null) {
				data.put(String.valueOf(changes[i]), changes[i + 1]);
			}
		}
		return new McpAuditEvent(id, timestamp, type, subject, data);
	}

	static List<McpAuditEvent> calls(int count) {
		List<McpAuditEvent> events = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			events.add(event(NOON.plusMillis(i), Type.MCP_CALL, "alice", "requestId", String.valueOf(i)));
		}
		return events;
	}

}
