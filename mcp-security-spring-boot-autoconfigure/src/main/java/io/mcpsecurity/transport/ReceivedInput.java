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

	@Override
	public boolean supports(String capability) {
		return this.capabilities.get(capability) != null;
	}

}
