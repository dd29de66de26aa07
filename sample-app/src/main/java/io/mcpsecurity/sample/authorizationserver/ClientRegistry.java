package io.mcpsecurity.sample.authorizationserver;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;

/**
 * The registered clients, in memory. Clients that registered themselves are marked, and
 * their number is limited, because the registration endpoint is open and must not fill
 * the memory (RFC 7591 section 5).
 */
final class ClientRegistry implements RegisteredClientRepository {

	private static final String SELF_REGISTERED = "sample.client.self-registered";

	private final Map<String, RegisteredClient> clients = new LinkedHashMap<>();

	private final int maxSelfRegistered;

	ClientRegistry(int maxSelfRegistered, Collection<RegisteredClient> clients) {
		this.maxSelfRegistered = maxSelfRegistered;
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
		boolean added = !this.clients.containsKey(client.getId());
		if (added && isSelfRegistered(client) && selfRegistered() >= this.maxSelfRegistered) {
			throw new OAuth2AuthenticationException(new OAuth2Error("temporarily_unavailable",
					"No more clients can register themselves; ask an administrator", null));
		}
		this.clients.put(client.getId(), client);
	}

	/**
	 * Change the scopes that a client may request.
	 * @return whether there is such a client
	 */
	synchronized boolean updateScopes(String clientId, Collection<ResearchScope> scopes) {
		RegisteredClient client = findByClientId(clientId);
		if (client == null) {
			return false;
		}
		save(RegisteredClient.from(client).scopes((current) -> {
			current.clear();
			current.addAll(ResearchScope.values(scopes));
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
		return List.copyOf(this.clients.values());
	}

	private long selfRegistered() {
		return this.clients.values().stream().filter(ClientRegistry::isSelfRegistered).count();
	}

}
