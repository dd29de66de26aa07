package io.mcpsecurity.audit;

/**
 * Is told of every request to an MCP endpoint, on the thread that serves it.
 */
public interface RequestObserver {

	/**
	 * A request has ended, be it refused or served.
	 */
	void ended(RequestRecord request);

}
