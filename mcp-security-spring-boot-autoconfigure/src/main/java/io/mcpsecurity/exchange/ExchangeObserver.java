package io.mcpsecurity.exchange;

/**
 * Is notified of every request to an MCP endpoint, on the thread that serves it.
 */
public interface ExchangeObserver {

	/** A request has arrived. Only its connection is known. */
	default void arrived(McpExchange request) {
	}

	/** The message of a request has been read. The policy has not decided yet. */
	default void read(McpExchange request) {
	}

	/** A request has been refused or served. */
	void ended(McpExchange request);

}
