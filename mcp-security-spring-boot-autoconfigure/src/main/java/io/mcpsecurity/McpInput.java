package io.mcpsecurity;

import io.modelcontextprotocol.common.McpTransportContext;
import org.jspecify.annotations.Nullable;

/**
 * The input that a client of MCP 2026-07-28 sends with a request, after a handler has
 * asked for it by an {@link InputRequiredException}.
 */
public interface McpInput {

	/** The capability to ask the user by a form. */
	String ELICITATION = "elicitation";

	/** The capability to ask the user by a web page. */
	String ELICITATION_URL = "elicitation.url";

	/** The capability to ask a model. */
	String SAMPLING = "sampling";

	/** The capability to list root directories. */
	String ROOTS = "roots";

	/**
	 * The input of a request.
	 * @param context the transport context of a handler, for example the
	 * {@link McpCaller}
	 * @return the input; without responses and state if the request is the first one or
	 * of an earlier revision
	 */
	static McpInput of(McpTransportContext context) {
		return (context.get(McpInput.class.getName()) instanceof McpInput input) ? input : NoInput.INSTANCE;
	}

	/**
	 * The client's response to a request, or {@code null} if there is none. It is as
	 * trustworthy as an argument of the call.
	 * @param key the key of the request
	 * @param type the type of the response, for example
	 * {@link io.modelcontextprotocol.spec.McpSchema.ElicitResult}
	 * @throws IllegalArgumentException if the response is not of that type
	 */
	<T> @Nullable T response(String key, Class<T> type);

	/**
	 * The state of the exception for which the client sends its responses, or
	 * {@code null} if there is none.
	 */
	@Nullable String state();

	/**
	 * Whether the client can respond to requests.
	 * @param capability a constant of this interface
	 */
	boolean supports(String capability);

}
