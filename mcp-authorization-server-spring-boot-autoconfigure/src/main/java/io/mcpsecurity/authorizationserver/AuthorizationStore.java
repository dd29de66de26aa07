package io.mcpsecurity.authorizationserver;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * Stores authorizations. Each has a version, which is an attribute of it
 * ({@link CurrentAuthorizations#versionOf}).
 */
interface AuthorizationStore {

	/**
	 * Insert an authorization with its version.
	 * @return whether there was none with its id
	 */
	boolean insert(OAuth2Authorization authorization, Instant expiry);

	/**
	 * Replace an authorization, atomically.
	 * @param authorization the authorization, with its next version
	 * @return whether the present one has the version before
	 */
	boolean replace(OAuth2Authorization authorization, Instant expiry);

	void remove(String id);

	/** Remove all authorizations of a client. */
	void removeOf(RegisteredClient client);

	void removeExpired(Instant now);

	/** Remove the oldest authorizations of a user without an access token, but some. */
	void limitPending(String user, int max);

	@Nullable OAuth2Authorization findById(String id);

	/**
	 * The authorization with a state, code or token.
	 * @param type its type, or {@code null} for any
	 */
	@Nullable OAuth2Authorization findByToken(String token, @Nullable OAuth2TokenType type);

}
