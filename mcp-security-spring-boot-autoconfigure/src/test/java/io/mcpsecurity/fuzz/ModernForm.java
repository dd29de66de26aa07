package io.mcpsecurity.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A body in the form of MCP 2026-07-28: with the metadata of its request, and the headers
 * that repeat parts of it.
 *
 * @param body the body, otherwise with the same bytes
 * @param headers the headers, by name
 */
record ModernForm(byte[] body, Map<String, String> headers) {

	private static final String VERSION = "2026-07-28";

	private static final String PARAMS = "\"params\":{";

	private static final String META = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" + VERSION
			+ "\",\"io.modelcontextprotocol/clientCapabilities\":{}}";

	/**
	 * Create from the body of a request of another revision.
	 */
	static ModernForm of(byte[] legacy) {
		// Each byte is one character, so bytes that are not UTF-8 are preserved.
		String text = new String(legacy, StandardCharsets.ISO_8859_1);
		int params = text.indexOf(PARAMS);
		if (params < 0) {
			return new ModernForm(legacy, headers(legacy));
		}
		String before = text.substring(0, params + PARAMS.length());
		String after = text.substring(before.length());
		byte[] body = (before + META + (after.stripLeading().startsWith("}") ? "" : ",") + after)
			.getBytes(StandardCharsets.ISO_8859_1);
		return new ModernForm(body, headers(body));
	}

	private static Map<String, String> headers(byte[] body) {
		Map<String, String> headers = new LinkedHashMap<>();
		headers.put("MCP-Protocol-Version", VERSION);
		try {
			JsonNode message = JsonMapper.shared().readTree(body);
			String method = message.path("method").asString("");
			// Such a request has no end.
			if (!method.equals("subscriptions/listen")) {
				headers.put("Mcp-Method", method);
			}
			JsonNode params = message.path("params");
			JsonNode name = params.path(method.equals("resources/read") ? "uri" : "name");
			if (name.isString()) {
				headers.put("Mcp-Name", "=?base64?"
						+ Base64.getEncoder().encodeToString(name.asString().getBytes(StandardCharsets.UTF_8)) + "?=");
			}
		}
		catch (JacksonException ex) {
			// The body is not JSON, so it has no parts to repeat.
		}
		return headers;
	}

}
