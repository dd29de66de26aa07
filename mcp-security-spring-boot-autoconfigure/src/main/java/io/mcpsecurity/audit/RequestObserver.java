package io.mcpsecurity.audit;

/**
 * Is told of every request to an MCP endpoint, on the thread that serves it.
 */
public interface RequestObserver {

	/**
	 * A request has arrived; nothing is known of it yet but where it comes from.
	 */
	default void arrived(RequestRecord request) {
	}

	/**
	 * The message of a request has been read and is about to be decided about.
	 */
	default void read(RequestRecord request) {
	}

	/**
	 * A request has ended, be it refused or served.
	 */
	void ended(RequestRecord request);

}
