package io.mcpsecurity.client;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stores denied clients in memory. They are lost when the application stops.
 */
public final class LocalClientDenials implements ClientDenials {

	private final Set<String> clients = ConcurrentHashMap.newKeySet();

	@Override
	public Set<String> all() {
		return Set.copyOf(this.clients);
	}

	@Override
	public void add(String client) {
		this.clients.add(client);
	}

	@Override
	public void remove(String client) {
		this.clients.remove(client);
	}

}
