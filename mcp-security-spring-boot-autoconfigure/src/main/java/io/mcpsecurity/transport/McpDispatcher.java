package io.mcpsecurity.transport;

import java.io.IOException;

import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.message.McpMessage;

/**
 * Passes requests that the gate has accepted to an MCP server, by the protocol of the
 * server.
 */
public interface McpDispatcher {

	/**
	 * Serve a message.
	 * @param exchange the exchange
	 * @param message the message
	 * @param call the HTTP request and its response
	 * @param endpoint the endpoint of the request
	 */
	void post(McpExchange exchange, McpMessage message, HttpCall call, McpEndpoint endpoint)
			throws RefusedRequestException, IOException;

	/**
	 * Open a stream.
	 */
	void get(McpExchange exchange, HttpCall call, McpEndpoint endpoint) throws RefusedRequestException;

	/**
	 * End a session.
	 */
	void delete(McpExchange exchange, HttpCall call, McpEndpoint endpoint) throws RefusedRequestException;

}
