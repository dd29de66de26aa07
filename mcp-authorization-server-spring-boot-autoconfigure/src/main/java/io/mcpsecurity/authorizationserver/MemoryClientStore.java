package io.mcpsecurity.authorizationserver;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/** Stores clients until the application ends. */
final class MemoryClientStore implements ClientStore {

	private final Map<String, StoredClient> clients = new LinkedHashMap<>();

	@Override
	public synchronized @Nullable StoredClient findById(String id) {
		return this.clients.get(id);
	}

	@Override
	public synchronized @Nullable StoredClient findByClientId(String clientId) {
		return this.clients.values()
			.stream()
			.filter((stored) -> stored.client().getClientId().equals(clientId))
			.findFirst()
			.orElse(null);
	}

	@Override
	public synchronized List<StoredClient> findAll() {
		return List.copyOf(this.clients.values());
	}

	@Override
	public synchronized int countSelfRegistered() {
		return (int) this.clients.values().stream().filter((stored) -> stored.removal() != null).count();
	}

	@Override
	public synchronized void save(StoredClient client) {
		this.clients.merge(client.client().getId(), client,
				(present, next) -> new StoredClient(next.client(), next.revoked(), present.removal()));
	}

	@Override
	public synchronized void postponeRemoval(String id, Instant removal) {
		this.clients.computeIfPresent(id,
				(key, stored) -> (stored.removal() != null && stored.removal().isBefore(removal))
						? new StoredClient(stored.client(), stored.revoked(), removal) : stored);
	}

	@Override
	public synchronized void remove(String id) {
		this.clients.remove(id);
	}

	@Override
	public synchronized void removeUnused(Instant now) {
		this.clients.values().removeIf((stored) -> stored.removal() != null && stored.removal().isBefore(now));
	}

}
