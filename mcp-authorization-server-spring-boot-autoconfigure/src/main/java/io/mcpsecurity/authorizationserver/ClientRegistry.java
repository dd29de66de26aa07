package io.mcpsecurity.authorizationserver;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.mcpsecurity.authorizationserver.ClientStore.StoredClient;
import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;

/**
 * The registered clients: those of the configuration, and those that registered
 * themselves. The latter are marked, their number is limited, and unused ones are
 * removed, because the registration endpoint is open and must not fill the store (RFC
 * 7591 section 5). A client that an administrator has revoked is not found.
 */
final class ClientRegistry implements RegisteredClientRepository {

	private static final String SELF_REGISTERED = "mcp-authorization-server.self-registered";

	/** By their ids. */
	private final Map<String, RegisteredClient> configured = new LinkedHashMap<>();

	private final ClientStore store;

	private final @Nullable ClientMetadataDocuments documents;

	private final int maxSelfRegistered;

	private final Duration unusedLifetime;

	private final Clock clock;

	ClientRegistry(AuthorizationServerProperties.Registration registration, Collection<RegisteredClient> clients,
			ClientStore store, @Nullable ClientMetadataDocuments documents, Clock clock) {
		this.maxSelfRegistered = registration.maxClients();
		this.unusedLifetime = registration.unusedLifetime();
		this.store = store;
		this.documents = documents;
		this.clock = clock;
		clients.forEach((client) -> this.configured.put(client.getId(), client));
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

	/**
	 * Register a client, or replace it. A configured client stays as it is configured,
	 * except that Spring Security can encode its secret with another algorithm.
	 */
	@Override
	public synchronized void save(RegisteredClient client) {
		RegisteredClient configured = this.configured.get(client.getId());
		if (configured != null) {
			this.configured.put(client.getId(),
					RegisteredClient.from(configured).clientSecret(client.getClientSecret()).build());
			return;
		}
		Instant now = this.clock.instant();
		if (this.store.findById(client.getId()) == null) {
			this.store.removeUnused(now);
			if (this.store.countSelfRegistered() >= this.maxSelfRegistered) {
				throw new OAuth2AuthenticationException(new OAuth2Error("temporarily_unavailable",
						"No more clients can register themselves; ask an administrator", null));
			}
		}
		this.store.save(new StoredClient(client, false, now.plus(this.unusedLifetime)));
	}

	/**
	 * Keep a client that registered itself, because it was issued a token.
	 * @param id its internal id
	 * @param expiry when its last token expires
	 */
	void keep(String id, Instant expiry) {
		if (!this.configured.containsKey(id)) {
			this.store.postponeRemoval(id, expiry.plus(this.unusedLifetime));
		}
	}

	/**
	 * Change the scopes that a client may request.
	 * @return whether there is such a client
	 */
	boolean updateScopes(String clientId, Collection<String> scopes) {
		StoredClient stored = find(clientId);
		if (stored == null) {
			return false;
		}
		this.store.save(new StoredClient(withScopes(stored.client(), scopes), stored.revoked(), stored.removal()));
		return true;
	}

	/** Whether a client is registered, even if it is revoked. */
	boolean exists(String clientId) {
		return find(clientId) != null;
	}

	/**
	 * Revoke a client. One that registered itself is removed; a configured one can be
	 * restored.
	 * @return the client, or {@code null} if there is none
	 */
	@Nullable RegisteredClient revoke(String clientId) {
		StoredClient stored = find(clientId);
		if (stored == null) {
			return null;
		}
		RegisteredClient client = stored.client();
		if (this.configured.containsKey(client.getId())) {
			this.store.save(new StoredClient(client, true, null));
		}
		else {
			this.store.remove(client.getId());
		}
		return client;
	}

	/**
	 * Restore a configured client that was revoked.
	 * @return whether there is such a client
	 */
	boolean restore(String clientId) {
		StoredClient stored = find(clientId);
		if (stored == null) {
			return false;
		}
		this.store.save(new StoredClient(stored.client(), false, stored.removal()));
		return true;
	}

	@Override
	public @Nullable RegisteredClient findById(String id) {
		RegisteredClient configured = this.configured.get(id);
		StoredClient stored = (configured != null) ? current(configured) : selfRegistered(this.store.findById(id));
		return (stored != null) ? usable(stored) : documented(id);
	}

	@Override
	public @Nullable RegisteredClient findByClientId(String clientId) {
		StoredClient stored = find(clientId);
		return (stored != null) ? usable(stored) : documented(clientId);
	}

	private static @Nullable RegisteredClient usable(StoredClient stored) {
		return stored.revoked() ? null : stored.client();
	}

	/** The client whose id is the URL of its metadata. */
	private @Nullable RegisteredClient documented(String clientId) {
		return (this.documents != null) ? this.documents.find(clientId) : null;
	}

	/** The id of a configured client is its client id. */
	private @Nullable StoredClient find(String clientId) {
		RegisteredClient configured = this.configured.get(clientId);
		if (configured != null) {
			return current(configured);
		}
		return selfRegistered(this.store.findByClientId(clientId));
	}

	/** Not a client that was configured earlier, and that an administrator changed. */
	private static @Nullable StoredClient selfRegistered(@Nullable StoredClient stored) {
		return (stored != null && stored.removal() != null) ? stored : null;
	}

	/** A configured client with what an administrator changed. */
	private StoredClient current(RegisteredClient configured) {
		StoredClient changed = this.store.findById(configured.getId());
		return (changed != null)
				? new StoredClient(withScopes(configured, changed.client().getScopes()), changed.revoked(), null)
				: new StoredClient(configured, false, null);
	}

	/**
	 * All clients, revoked ones included: those of the configuration, then the others in
	 * the order of registration.
	 */
	List<StoredClient> findAll() {
		this.store.removeUnused(this.clock.instant());
		return Stream
			.concat(this.configured.values().stream().map(this::current),
					this.store.findAll().stream().filter((stored) -> stored.removal() != null))
			.toList();
	}

	private static RegisteredClient withScopes(RegisteredClient client, Collection<String> scopes) {
		return RegisteredClient.from(client).scopes((current) -> {
			current.clear();
			current.addAll(scopes);
		}).build();
	}

}
