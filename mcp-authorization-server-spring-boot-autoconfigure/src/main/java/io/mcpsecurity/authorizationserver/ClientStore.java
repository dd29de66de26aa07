package io.mcpsecurity.authorizationserver;

import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * Stores clients that registered themselves, and what an administrator changed of
 * configured clients. Clients are identified by their internal ids, unless a parameter
 * says otherwise.
 */
interface ClientStore {

	@Nullable StoredClient findById(String id);

	@Nullable StoredClient findByClientId(String clientId);

	/** All clients, in the order of registration. */
	List<StoredClient> findAll();

	/** The number of clients with a time of removal. */
	int countSelfRegistered();

	/** Insert or replace a client. The time of removal of a replaced one is kept. */
	void save(StoredClient client);

	/** Postpone the removal of a client, if it is due earlier. */
	void postponeRemoval(String id, Instant removal);

	void remove(String id);

	/** Remove the clients whose time of removal is before a time. */
	void removeUnused(Instant now);

	/**
	 * A client with the scopes that it may request.
	 *
	 * @param client the client
	 * @param revoked whether an administrator has revoked it
	 * @param removal when it is removed if it is not used; {@code null} for a configured
	 * client
	 */
	record StoredClient(RegisteredClient client, boolean revoked, @Nullable Instant removal) {
	}

}
