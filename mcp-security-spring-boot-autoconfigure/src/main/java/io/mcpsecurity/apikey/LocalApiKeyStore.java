package io.mcpsecurity.apikey;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import org.jspecify.annotations.Nullable;

/**
 * Stores API keys in memory. They are lost when the application stops.
 */
public final class LocalApiKeyStore implements ApiKeyStore {

	private final ConcurrentMap<String, ApiKey> keys = new ConcurrentHashMap<>();

	@Override
	public @Nullable ApiKey find(String id) {
		return this.keys.get(id);
	}

	@Override
	public List<ApiKey> all() {
		return List.copyOf(this.keys.values());
	}

	@Override
	public void add(ApiKey key) {
		this.keys.put(key.id(), key);
	}

	@Override
	public boolean expire(String id, Instant time) {
		return this.keys.computeIfPresent(id, (same, key) -> key.until(time)) != null;
	}

	@Override
	public boolean remove(String id) {
		return this.keys.remove(id) != null;
	}

}
