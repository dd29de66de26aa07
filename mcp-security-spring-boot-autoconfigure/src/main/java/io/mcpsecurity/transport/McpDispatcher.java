package io.mcpsecurity.transport;

import java.io.IOException;

import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.message.McpMessage;

/**
 * Passes what the gate has let through on to an MCP server, by the protocol that the
 * server speaks.
 */
public interface McpDispatcher {

	/**
	 * Serve a message.
	 * @param exchange the exchange
	 * @param message the message
	 * @param call the HTTP request and its response
	 * @param endpoint the endpoint that the request came to
	 * @param ended called when the request has ended, for whatever reason, and perhaps
	 * again
	 */
	void post(McpExchange exchange, McpMessage message, HttpCall call, McpEndpoint endpoint, Runnable ended)
			throws RefusedRequestException, IOException;

	/**
	 * Open a stream.
	 */
	void get(McpExchange exchange, HttpCall call, McpEndpoint endpoint, Runnable ended) throws RefusedRequestException;

	/**
	 * End a session.
	 */
	void delete(McpExchange exchange, HttpCall call, McpEndpoint endpoint) throws RefusedRequestException;

}
