package io.mcpsecurity.transport;

import java.io.IOException;

import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.SubscriptionFilter;
import io.modelcontextprotocol.spec.McpSchema.InitializeRequest;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import reactor.core.publisher.Mono;

/**
 * Passes requests that the gate has accepted to an MCP server, by the protocol of the
 * server. Messages of legacy revisions of MCP are served here completely; a request of
 * 2026-07-28, which belongs to no session, is only passed on.
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

	/** Open a stream. */
	void get(McpExchange exchange, HttpCall call, McpEndpoint endpoint) throws RefusedRequestException;

	/** End a session. */
	void delete(McpExchange exchange, HttpCall call, McpEndpoint endpoint) throws RefusedRequestException;

	/**
	 * Pass a request that belongs to no session to the MCP server.
	 * @param exchange the exchange
	 * @param request the request
	 * @param client the client as it would describe itself with {@code initialize}
	 * @param reply gets the messages that precede the response
	 * @return completes with the response, or sends it through the reply before it
	 * completes
	 */
	Mono<?> call(McpExchange exchange, JSONRPCRequest request, InitializeRequest client, Reply reply)
			throws RefusedRequestException;

	/**
	 * The MCP server as it describes itself.
	 */
	Mono<InitializeResult> describe(McpExchange exchange) throws RefusedRequestException;

	/**
	 * Open a stream of notifications that belongs to no session.
	 * @param exchange the exchange
	 * @param id the id of the request
	 * @param filter the notifications that the client gets
	 * @param call the HTTP request and its response
	 * @param endpoint the endpoint of the request
	 */
	void listen(McpExchange exchange, Object id, SubscriptionFilter filter, HttpCall call, McpEndpoint endpoint)
			throws RefusedRequestException;

}
