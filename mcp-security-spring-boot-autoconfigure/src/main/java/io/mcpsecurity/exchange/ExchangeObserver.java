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

	/** A downstream service has been used, possibly on another thread. */
	default void used(DownstreamUse use) {
	}

	/** A request has been refused or served. */
	default void ended(McpExchange request) {
	}

}
