package io.mcpsecurity.authorizationserver;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * Stores authorizations until the application ends. (In contrast to
 * {@code InMemoryOAuth2AuthorizationService}, it removes what has expired.)
 */
final class MemoryAuthorizationStore implements AuthorizationStore {

	/** By their ids, the oldest first. */
	private final Map<String, Entry> entries = new LinkedHashMap<>();

	@Override
	public synchronized boolean insert(OAuth2Authorization authorization, Instant expiry) {
		return this.entries.putIfAbsent(authorization.getId(), new Entry(authorization, expiry)) == null;
	}

	@Override
	public synchronized boolean replace(OAuth2Authorization authorization, Instant expiry) {
		Entry present = this.entries.get(authorization.getId());
		if (present == null || CurrentAuthorizations.versionOf(present.authorization()) + 1 != CurrentAuthorizations
			.versionOf(authorization)) {
			return false;
		}
		this.entries.put(authorization.getId(), new Entry(authorization, expiry));
		return true;
	}

	@Override
	public synchronized void remove(String id) {
		this.entries.remove(id);
	}

	@Override
	public synchronized void removeOf(RegisteredClient client) {
		this.entries.values().removeIf((entry) -> entry.authorization().getRegisteredClientId().equals(client.getId()));
	}

	@Override
	public synchronized void removeExpired(Instant now) {
		this.entries.values().removeIf((entry) -> entry.expiry().isBefore(now));
	}

	@Override
	public synchronized void limitPending(String user, int max) {
		List<String> pending = this.entries.values()
			.stream()
			.map(Entry::authorization)
			.filter((authorization) -> authorization.getAccessToken() == null
					&& authorization.getPrincipalName().equals(user))
			.map(OAuth2Authorization::getId)
			.toList();
		pending.subList(0, Math.max(0, pending.size() - max)).forEach(this.entries::remove);
	}

	@Override
	public synchronized @Nullable OAuth2Authorization findById(String id) {
		Entry entry = this.entries.get(id);
		return (entry != null) ? entry.authorization() : null;
	}

	@Override
	public synchronized @Nullable OAuth2Authorization findByToken(String token, @Nullable OAuth2TokenType type) {
		return this.entries.values()
			.stream()
			.map(Entry::authorization)
			.filter((authorization) -> CurrentAuthorizations.has(authorization, token, type))
			.findFirst()
			.orElse(null);
	}

	private record Entry(OAuth2Authorization authorization, Instant expiry) {
	}

}
