package io.mcpsecurity.authorizationserver;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.core.OAuth2Token;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * The authorizations, with the current scopes of their clients: a code or a refresh token
 * has only scopes that its client still has after an administrator has changed them, and
 * none is valid if its client was revoked. An authorization whose last token has expired
 * is removed.
 * <p>
 * An authorization is saved only if it was not changed since it was read. Spring Security
 * reads it, issues tokens and saves it: of several requests in parallel, at any
 * instances, that redeem the same code or refresh token, one gets a response (RFC 6749
 * section 4.1.2).
 * <p>
 * Of the authorizations that wait for a consent or for the redemption of their code, each
 * user has a bounded number, so that no user can displace those of others.
 */
final class CurrentAuthorizations implements OAuth2AuthorizationService {

	/** The maximum number of authorizations of a user without an access token. */
	private static final int MAX_WAITING = 20;

	/** How long an authorization waits for a consent, and then for its redemption. */
	private static final Duration MAX_WAIT = Duration.ofHours(1);

	private static final Duration SWEEP_INTERVAL = Duration.ofMinutes(1);

	/** The attribute with the number of changes. */
	private static final String VERSION = CurrentAuthorizations.class.getName() + ".version";

	private static final Map<String, Class<? extends OAuth2Token>> TYPES = Map.of(OAuth2ParameterNames.CODE,
			OAuth2AuthorizationCode.class, OAuth2ParameterNames.ACCESS_TOKEN, OAuth2AccessToken.class,
			OAuth2ParameterNames.REFRESH_TOKEN, OAuth2RefreshToken.class);

	private final AuthorizationStore store;

	private final ClientRegistry clients;

	private final Clock clock;

	private volatile Instant nextSweep;

	CurrentAuthorizations(AuthorizationStore store, ClientRegistry clients, Clock clock) {
		this.store = store;
		this.clients = clients;
		this.clock = clock;
		this.nextSweep = clock.instant().plus(SWEEP_INTERVAL);
	}

	/** The number of changes of a stored authorization. */
	static int versionOf(OAuth2Authorization authorization) {
		Integer version = authorization.getAttribute(VERSION);
		return (version != null) ? version : 0;
	}

	/** The attributes of an authorization without the number of changes. */
	static Map<String, Object> attributesOf(OAuth2Authorization authorization) {
		Map<String, Object> attributes = new HashMap<>(authorization.getAttributes());
		attributes.remove(VERSION);
		return attributes;
	}

	/** Set the number of changes of an authorization. */
	static void setVersion(OAuth2Authorization.Builder authorization, int version) {
		authorization.attribute(VERSION, version);
	}

	/**
	 * {@inheritDoc}
	 * @throws ConflictException if it was changed or removed since it was read
	 */
	@Override
	public void save(OAuth2Authorization authorization) {
		removeExpired();
		Instant expiry = expiry(authorization);
		boolean issued = authorization.getAccessToken() != null;
		OAuth2Authorization.Builder next = OAuth2Authorization.from(authorization);
		setVersion(next, versionOf(authorization) + 1);
		boolean first = versionOf(authorization) == 0;
		boolean saved = first ? this.store.insert(next.build(), expiry) : this.store.replace(next.build(), expiry);
		if (!saved) {
			throw new ConflictException();
		}
		if (issued) {
			this.clients.keep(authorization.getRegisteredClientId(), expiry);
		}
		else if (first) {
			this.store.limitPending(authorization.getPrincipalName(), MAX_WAITING);
		}
	}

	@Override
	public void remove(OAuth2Authorization authorization) {
		this.store.remove(authorization.getId());
	}

	/** Remove all authorizations of a client. */
	void removeOf(RegisteredClient client) {
		this.store.removeOf(client);
	}

	@Override
	public @Nullable OAuth2Authorization findById(String id) {
		return current(this.store.findById(id));
	}

	@Override
	public @Nullable OAuth2Authorization findByToken(String token, @Nullable OAuth2TokenType tokenType) {
		OAuth2Authorization authorization = this.store.findByToken(token, tokenType);
		return (authorization != null && has(authorization, token, tokenType)) ? current(authorization) : null;
	}

	/**
	 * Whether an authorization has a state, code or token.
	 * @param tokenType its type, or {@code null} for any
	 */
	static boolean has(OAuth2Authorization authorization, String text, @Nullable OAuth2TokenType tokenType) {
		String type = (tokenType != null) ? tokenType.getValue() : null;
		if ((type == null || type.equals(OAuth2ParameterNames.STATE))
				&& text.equals(authorization.getAttribute(OAuth2ParameterNames.STATE))) {
			return true;
		}
		OAuth2Authorization.Token<OAuth2Token> token = authorization.getToken(text);
		Class<?> expected = (type != null) ? TYPES.get(type) : OAuth2Token.class;
		return token != null && expected != null && expected.isInstance(token.getToken());
	}

	private @Nullable OAuth2Authorization current(@Nullable OAuth2Authorization authorization) {
		RegisteredClient client = (authorization != null) ? this.clients.findById(authorization.getRegisteredClientId())
				: null;
		if (authorization == null || client == null) {
			return null;
		}
		Set<String> scopes = new HashSet<>(authorization.getAuthorizedScopes());
		scopes.retainAll(client.getScopes());
		return scopes.equals(authorization.getAuthorizedScopes()) ? authorization
				: OAuth2Authorization.from(authorization).authorizedScopes(scopes).build();
	}

	private void removeExpired() {
		Instant now = this.clock.instant();
		if (!now.isBefore(this.nextSweep)) {
			this.nextSweep = now.plus(SWEEP_INTERVAL);
			this.store.removeExpired(now);
		}
	}

	/** The expiry of the last token. */
	private Instant expiry(OAuth2Authorization authorization) {
		OAuth2Authorization.Token<?> token = (authorization.getRefreshToken() != null) ? authorization.getRefreshToken()
				: authorization.getAccessToken();
		Instant expiry = (token != null) ? token.getToken().getExpiresAt() : null;
		return (expiry != null) ? expiry : this.clock.instant().plus(MAX_WAIT);
	}

	/**
	 * An authorization was changed by another request in parallel, which has redeemed the
	 * same grant.
	 */
	@SuppressWarnings("serial")
	static final class ConflictException extends OAuth2AuthenticationException {

		private ConflictException() {
			super(OAuth2ErrorCodes.INVALID_GRANT);
		}

	}

}
