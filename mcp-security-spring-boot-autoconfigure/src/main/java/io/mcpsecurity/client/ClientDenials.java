package io.mcpsecurity.client;

import java.util.Set;

/**
 * The clients that were denied while the server runs, beyond what configuration says. All
 * instances of a server that have one store in common deny the same clients.
 * <p>
 * An implementation may be called by several threads. Whatever it throws means that
 * nothing is known and nothing was changed.
 */
public interface ClientDenials {

	/**
	 * The denied clients, each as {@link ClientPattern} reads it.
	 */
	Set<String> all();

	/**
	 * Deny a client. One that is denied already stays so.
	 */
	void add(String client);

	/**
	 * Deny a client no longer. One that is not denied stays so.
	 */
	void remove(String client);

}
