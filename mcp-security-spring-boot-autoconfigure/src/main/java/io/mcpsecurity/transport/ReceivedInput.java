package io.mcpsecurity.transport;

import java.util.Map;

import io.mcpsecurity.McpInput;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The input that a client has sent with a request.
 *
 * @param responses the responses to requests of the server, by their keys
 * @param state the decrypted state, or {@code null}
 * @param capabilities the client's capabilities
 * @param json reads the responses
 */
record ReceivedInput(Map<?, ?> responses, @Nullable String state, Map<?, ?> capabilities,
		JsonMapper json) implements McpInput {

	@Override
	public <T> @Nullable T response(String key, Class<T> type) {
		Object response = this.responses.get(key);
		try {
			return (response != null) ? this.json.convertValue(response, type) : null;
		}
		catch (JacksonException ex) {
			throw new IllegalArgumentException("The client's response is not of type " + type.getSimpleName(), ex);
		}
	}

	/**
	 * An empty object declares elicitation by forms (MCP 2026-07-28, Elicitation,
	 * "Capabilities").
	 */
	@Override
	public boolean supports(String capability) {
		Object elicitation = this.capabilities.get(ELICITATION);
		boolean url = elicitation instanceof Map<?, ?> modes && modes.containsKey("url");
		return switch (capability) {
			case ELICITATION -> elicitation instanceof Map<?, ?> modes && (!url || modes.containsKey("form"));
			case ELICITATION_URL -> url;
			default -> this.capabilities.get(capability) instanceof Map;
		};
	}

}
