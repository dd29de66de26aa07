package io.mcpsecurity.transport;

import java.util.Map;

import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import io.modelcontextprotocol.spec.McpSchema.InitializeRequest;
import jakarta.servlet.http.HttpServletResponse;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a client says about itself when it begins. The MCP SDK logs that, so names and
 * versions are bounded here and free of control characters.
 */
final class Initialization {

	private static final int MAX_TEXT = 256;

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
				return new InitializeRequest(safe(request.protocolVersion()), request.capabilities(),
						Implementation.builder(safe(client.name()), safe(client.version())).build(), request.meta());
			}
		}
		catch (JacksonException | IllegalArgumentException ex) {
			// The parameters are of other types.
		}
		throw new RefusedRequestException(HttpServletResponse.SC_BAD_REQUEST, "invalid_message",
				JsonRpcErrorCode.INVALID_PARAMS, "Invalid params", message.id());
	}

	private static String safe(String text) {
		String bounded = (text.length() > MAX_TEXT) ? text.substring(0, MAX_TEXT) : text;
		return bounded.replaceAll("[\\p{Cntrl}\\u2028\\u2029]", "?");
	}

}
