package io.mcpsecurity;

import java.util.LinkedHashMap;
import java.util.Map;

import io.modelcontextprotocol.spec.McpSchema.CreateMessageRequest;
import io.modelcontextprotocol.spec.McpSchema.ElicitRequest;
import io.modelcontextprotocol.spec.McpSchema.ElicitUrlRequest;
import org.jspecify.annotations.Nullable;

/**
 * Thrown by a tool, resource or prompt that needs input of the client before it can
 * respond (MCP 2026-07-28, Multi Round-Trip Requests). The client gets the requests of
 * this exception, and repeats its own request with the responses and the state, which
 * {@link McpInput} contains. The handler then runs again from its beginning, so it must
 * not change anything before it throws this exception.
 * <p>
 * Clients of earlier revisions get an error: with them, a handler asks the client while
 * it runs, through the exchange of the MCP SDK.
 * <p>
 * It is recognized under the same conditions as an {@link InsufficientScopeException}.
 */
public final class InputRequiredException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final transient Map<String, Request> requests = new LinkedHashMap<>();

	private final @Nullable String state;

	/**
	 * Create an exception without requests, which the methods of this class add.
	 * @param state what the handler must know when it runs again, or {@code null}. The
	 * client gets it encrypted, and only the same caller can return it, with the same
	 * request and for a limited time, but more than once.
	 */
	public InputRequiredException(@Nullable String state) {
		super("Needs input of the client", null, false, false);
		this.state = state;
	}

	/**
	 * Ask the user.
	 * @param key the key of the response, unique within this exception
	 * @param request the request
	 */
	public InputRequiredException elicit(String key, ElicitRequest request) {
		return add(key, (request instanceof ElicitUrlRequest) ? McpInput.ELICITATION_URL : McpInput.ELICITATION,
				"elicitation/create", request);
	}

	/**
	 * Ask the client's model.
	 * @param key the key of the response, unique within this exception
	 * @param request the request
	 */
	public InputRequiredException sample(String key, CreateMessageRequest request) {
		return add(key, McpInput.SAMPLING, "sampling/createMessage", request);
	}

	/**
	 * Ask for the client's root directories.
	 * @param key the key of the response, unique within this exception
	 */
	public InputRequiredException roots(String key) {
		return add(key, McpInput.ROOTS, "roots/list", Map.of());
	}

	private InputRequiredException add(String key, String capability, String method, Object params) {
		this.requests.put(key, new Request(capability, method, params));
		return this;
	}

	/**
	 * The requests, by the keys of their responses.
	 */
	public Map<String, Request> getRequests() {
		return this.requests;
	}

	/**
	 * What the handler must know when it runs again, or {@code null}.
	 */
	public @Nullable String getState() {
		return this.state;
	}

	/**
	 * A request to the client.
	 *
	 * @param capability the capability that the client must have declared, a constant of
	 * {@link McpInput}
	 * @param method the method
	 * @param params the parameters as the MCP SDK models them
	 */
	public record Request(String capability, String method, Object params) {
	}

}
