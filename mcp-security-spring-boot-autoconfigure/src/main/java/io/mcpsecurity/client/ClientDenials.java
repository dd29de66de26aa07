package io.mcpsecurity.client;

import java.util.Set;

/**
 * Stores the clients that are denied at run time, in addition to the configuration. All
 * instances of a server that share a store deny the same clients.
 * <p>
 * Implementations must be safe for use by several threads. If a method throws an
 * exception, the content of the store counts as unknown and unchanged.
 */
public interface ClientDenials {

	/** The denied clients, each as {@link ClientPattern} reads it. */
	Set<String> all();

	/** Deny a client. Has no effect if the client is already denied. */
	void add(String client);

	/** Remove the denial of a client. Has no effect if the client is not denied. */
	void remove(String client);

}
