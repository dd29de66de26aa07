package io.mcpsecurity.exchange;

/**
 * Is told of every request to an MCP endpoint, on the thread that serves it.
 */
public interface ExchangeObserver {

	/**
	 * A request has arrived; nothing is known of it yet but where it comes from.
	 */
	default void arrived(McpExchange request) {
	}

	/**
	 * The message of a request has been read and is about to be decided about.
	 */
	default void read(McpExchange request) {
	}

	/**
	 * A request has ended, be it refused or served.
	 */
	void ended(McpExchange request);

}
