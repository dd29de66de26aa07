package io.mcpsecurity.client;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Denied clients in this server's memory, until it ends.
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
