package io.mcpsecurity.authorizationserver;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;

/**
 * The registered clients, in memory. Clients that registered themselves are marked, their
 * number is limited, and unused ones are removed, because the registration endpoint is
 * open and must not fill the memory (RFC 7591 section 5).
 */
final class ClientRegistry implements RegisteredClientRepository {

	private static final String SELF_REGISTERED = "mcp-authorization-server.self-registered";

	private final Map<String, RegisteredClient> clients = new LinkedHashMap<>();

	/** When clients that registered themselves are removed, by their internal id. */
	private final Map<String, Instant> removals = new HashMap<>();

	private final int maxSelfRegistered;

	private final Duration unusedLifetime;

	private final Clock clock;

	ClientRegistry(AuthorizationServerProperties.Registration registration, Collection<RegisteredClient> clients,
			Clock clock) {
		this.maxSelfRegistered = registration.maxClients();
		this.unusedLifetime = registration.unusedLifetime();
		this.clock = clock;
		clients.forEach((client) -> this.clients.put(client.getId(), client));
	}

	/**
	 * Mark a client as registered by itself.
	 */
	static void markSelfRegistered(Map<String, Object> clientSettings) {
		clientSettings.put(SELF_REGISTERED, true);
	}

	static boolean isSelfRegistered(RegisteredClient client) {
		return Boolean.TRUE.equals(client.getClientSettings().getSetting(SELF_REGISTERED));
	}

	@Override
	public synchronized void save(RegisteredClient client) {
		if (isSelfRegistered(client) && !this.clients.containsKey(client.getId())) {
			removeUnused();
			if (this.removals.size() >= this.maxSelfRegistered) {
				throw new OAuth2AuthenticationException(new OAuth2Error("temporarily_unavailable",
						"No more clients can register themselves; ask an administrator", null));
			}
			this.removals.put(client.getId(), this.clock.instant().plus(this.unusedLifetime));
		}
		this.clients.put(client.getId(), client);
	}

	/**
	 * Keep a client that registered itself, because it was issued a token.
	 * @param id its internal id
	 * @param expiry when its last token expires
	 */
	synchronized void keep(String id, Instant expiry) {
		this.removals.computeIfPresent(id, (key, removal) -> {
			Instant later = expiry.plus(this.unusedLifetime);
			return later.isAfter(removal) ? later : removal;
		});
	}

	/**
	 * Change the scopes that a client may request.
	 * @return whether there is such a client
	 */
	synchronized boolean updateScopes(String clientId, Collection<String> scopes) {
		RegisteredClient client = findByClientId(clientId);
		if (client == null) {
			return false;
		}
		save(RegisteredClient.from(client).scopes((current) -> {
			current.clear();
			current.addAll(scopes);
		}).build());
		return true;
	}

	@Override
	public synchronized @Nullable RegisteredClient findById(String id) {
		return this.clients.get(id);
	}

	@Override
	public synchronized @Nullable RegisteredClient findByClientId(String clientId) {
		return this.clients.values()
			.stream()
			.filter((client) -> client.getClientId().equals(clientId))
			.findFirst()
			.orElse(null);
	}

	/**
	 * All clients, in the order of registration.
	 */
	synchronized List<RegisteredClient> findAll() {
		removeUnused();
		return List.copyOf(this.clients.values());
	}

	private void removeUnused() {
		Instant now = this.clock.instant();
		this.removals.values().removeIf((removal) -> removal.isBefore(now));
		this.clients.values()
			.removeIf((client) -> isSelfRegistered(client) && !this.removals.containsKey(client.getId()));
	}

}
