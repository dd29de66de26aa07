package io.mcpsecurity.transport;

import java.util.function.Predicate;

import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import jakarta.servlet.http.HttpServletResponse;

/**
 * What a reply belongs to: a session, or one request if there are no sessions. The
 * methods of this interface are those of a request that gets a response and nothing else.
 */
interface Conversation {

	/** A request to a server without sessions. */
	Conversation NONE = new Conversation() {
	};

	/**
	 * Whether a message may precede the response.
	 */
	default boolean permits(JSONRPCMessage message) {
		return false;
	}

	/**
	 * Whether the server's processing is cancelled if the client closes the connection.
	 */
	default boolean isCancelledByClosing() {
		return false;
	}

	/**
	 * Add a response that has become a stream. If it can no longer be open, it is ended
	 * at once.
	 */
	default void opened(OpenStream stream) {
	}

	/**
	 * Remove a stream, or a reply that could have become one, after it has ended.
	 */
	default void closed(OpenStream stream) {
	}

	/**
	 * Add a pending request to the client.
	 * @param id the id of the request
	 * @param stream the stream on which it is sent
	 */
	default void addPending(Object id, Object stream) {
	}

	/**
	 * Fail pending requests that can no longer get a response.
	 * @param streams matches the streams whose requests fail
	 */
	default void failPending(Predicate<Object> streams) {
	}

	/**
	 * The response as the client's revision of MCP defines it.
	 */
	default JSONRPCResponse form(JSONRPCResponse response) {
		return response;
	}

	/**
	 * The HTTP status of a response that is not part of a stream.
	 * @param formed the response in the form of the client's revision
	 */
	default int status(JSONRPCResponse formed) {
		return HttpServletResponse.SC_OK;
	}

}
