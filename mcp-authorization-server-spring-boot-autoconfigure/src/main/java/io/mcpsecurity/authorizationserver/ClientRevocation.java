package io.mcpsecurity.authorizationserver;

import java.util.List;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * Revokes clients: a revoked client is not authenticated, its codes, refresh tokens and
 * consents in progress end, and its access tokens are not active any more for a resource
 * server that introspects them (RFC 7662). All instances that share the storage see this
 * at once.
 */
final class ClientRevocation {

	private static final Log logger = LogFactory.getLog(ClientRevocation.class);

	private final ClientRegistry clients;

	private final CurrentAuthorizations authorizations;

	private final List<RevokedClients> others;

	ClientRevocation(ClientRegistry clients, CurrentAuthorizations authorizations, List<RevokedClients> others) {
		this.clients = clients;
		this.authorizations = authorizations;
		this.others = others;
	}

	/**
	 * Revoke a client, or complete a revocation that has failed. The others are informed
	 * first, because a client that registered itself is unknown afterwards.
	 * @return whether there is such a client
	 */
	boolean revoke(String clientId) {
		if (!this.clients.exists(clientId)) {
			return false;
		}
		this.others.forEach((other) -> other.add(clientId));
		RegisteredClient client = this.clients.revoke(clientId);
		if (client != null) {
			this.authorizations.removeOf(client);
			logger.warn("Client '" + clientId + "' is revoked");
		}
		return true;
	}

	/**
	 * Restore a configured client. Its authorizations have ended.
	 * @return whether there is such a client
	 */
	boolean restore(String clientId) {
		if (!this.clients.exists(clientId)) {
			return false;
		}
		this.others.forEach((other) -> other.remove(clientId));
		boolean restored = this.clients.restore(clientId);
		logger.warn("Client '" + clientId + "' is restored");
		return restored;
	}

}
