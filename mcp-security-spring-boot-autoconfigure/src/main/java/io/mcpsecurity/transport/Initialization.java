package io.mcpsecurity.transport;

import java.util.Map;

import io.mcpsecurity.audit.EventText;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpRevision;
import io.modelcontextprotocol.spec.McpSchema.ClientCapabilities;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import io.modelcontextprotocol.spec.McpSchema.InitializeRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the information that a client sends about itself to initialize a session. The MCP
 * SDK logs it and keeps it for the duration of the session, so its size is limited here
 * and control characters are removed.
 */
final class Initialization {

	private static final int MAX_TEXT = 256;

	/** The maximum size of the experimental capabilities that are kept, in characters. */
	private static final int MAX_EXPERIMENTAL = 4096;

	/** Of a client that does not describe itself. */
	static final InitializeRequest UNKNOWN = new InitializeRequest(McpRevision.V2025_11_25.text(),
			new ClientCapabilities(null, null, null, null), Implementation.builder("unknown", "unknown").build(), null);

	private Initialization() {
	}

	/**
	 * Read the parameters of {@code initialize}.
	 * @throws RefusedRequestException with 400 if they are incomplete or of other types
	 */
	static InitializeRequest read(McpMessage message, JsonMapper json) throws RefusedRequestException {
		try {
			InitializeRequest request = json.convertValue((message.params() != null) ? message.params() : Map.of(),
					InitializeRequest.class);
			Implementation client = request.clientInfo();
			if (request.protocolVersion() != null && request.capabilities() != null && client != null
					&& client.name() != null && client.version() != null) {
				return new InitializeRequest(safe(request.protocolVersion()), safe(request.capabilities()),
						Implementation.builder(safe(client.name()), safe(client.version())).build(), request.meta());
			}
		}
		catch (JacksonException | IllegalArgumentException ex) {
			// The parameters have other types.
		}
		throw new RefusedRequestException(HttpServletResponse.SC_BAD_REQUEST, "invalid_message",
				JsonRpcErrorCode.INVALID_PARAMS, "Invalid params", message.id());
	}

	/**
	 * What a client of MCP 2026-07-28 would send. It has none of the capabilities to
	 * respond to requests of the server, so that a handler for both eras can find out
	 * before it changes anything that it cannot ask through the exchange of the MCP SDK.
	 * @param capabilities the client's capabilities
	 * @param client name and version of the client's program, or {@code null}
	 */
	@SuppressWarnings("unchecked")
	static InitializeRequest modern(Map<?, ?> capabilities, @Nullable Object client) {
		Map<String, Object> experimental = (capabilities.get("experimental") instanceof Map<?, ?> map)
				? (Map<String, Object>) map : null;
		Implementation info = (client instanceof Map<?, ?> map) ? Implementation
			.builder(safe(String.valueOf(map.get("name"))), safe(String.valueOf(map.get("version"))))
			.build() : UNKNOWN.clientInfo();
		return new InitializeRequest(UNKNOWN.protocolVersion(),
				safe(new ClientCapabilities(experimental, null, null, null)), info, null);
	}

	private static String safe(String text) {
		return EventText.of(text, MAX_TEXT);
	}

	private static ClientCapabilities safe(ClientCapabilities capabilities) {
		Map<String, Object> experimental = capabilities.experimental();
		String text = String.valueOf(experimental);
		boolean kept = EventText.of(text, MAX_EXPERIMENTAL).equals(text);
		return kept ? capabilities : new ClientCapabilities(null, capabilities.roots(), capabilities.sampling(),
				capabilities.elicitation());
	}

}
