package io.mcpsecurity.authorizationserver;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.server.authorization.InMemoryOAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * The authorizations, in memory, with the current scopes of their clients: a code or a
 * refresh token has only scopes that its client still has after an administrator has
 * changed them. An authorization whose last token has expired is removed.
 * <p>
 * Access is synchronized, because the delegate iterates over authorizations without a
 * code and fails if another one is added concurrently.
 */
final class CurrentAuthorizations implements OAuth2AuthorizationService {

	private static final Duration SWEEP_INTERVAL = Duration.ofMinutes(1);

	private final InMemoryOAuth2AuthorizationService delegate = new InMemoryOAuth2AuthorizationService();

	private final Map<String, Instant> expiries = new HashMap<>();

	private final ClientRegistry clients;

	private final Clock clock;

	private Instant nextSweep;

	CurrentAuthorizations(ClientRegistry clients, Clock clock) {
		this.clients = clients;
		this.clock = clock;
		this.nextSweep = clock.instant().plus(SWEEP_INTERVAL);
	}

	@Override
	public synchronized void save(OAuth2Authorization authorization) {
		this.delegate.save(authorization);
		Instant expiry = expiry(authorization);
		if (expiry != null) {
			this.expiries.put(authorization.getId(), expiry);
			this.clients.keep(authorization.getRegisteredClientId(), expiry);
		}
		removeExpired();
	}

	@Override
	public synchronized void remove(OAuth2Authorization authorization) {
		this.expiries.remove(authorization.getId());
		removeStored(authorization.getId());
	}

	@Override
	public synchronized @Nullable OAuth2Authorization findById(String id) {
		return current(this.delegate.findById(id));
	}

	@Override
	public synchronized @Nullable OAuth2Authorization findByToken(String token, @Nullable OAuth2TokenType tokenType) {
		return current(this.delegate.findByToken(token, tokenType));
	}

	private @Nullable OAuth2Authorization current(@Nullable OAuth2Authorization authorization) {
		if (authorization == null) {
			return null;
		}
		RegisteredClient client = this.clients.findById(authorization.getRegisteredClientId());
		Set<String> scopes = new HashSet<>(authorization.getAuthorizedScopes());
		scopes.retainAll((client != null) ? client.getScopes() : Set.of());
		return scopes.equals(authorization.getAuthorizedScopes()) ? authorization
				: OAuth2Authorization.from(authorization).authorizedScopes(scopes).build();
	}

	private void removeExpired() {
		Instant now = this.clock.instant();
		if (now.isBefore(this.nextSweep)) {
			return;
		}
		this.nextSweep = now.plus(SWEEP_INTERVAL);
		this.expiries.entrySet().removeIf((entry) -> {
			if (!entry.getValue().isBefore(now)) {
				return false;
			}
			removeStored(entry.getKey());
			return true;
		});
	}

	/**
	 * Remove everything with this id. The delegate removes only what equals its own copy,
	 * which an authorization with reduced scopes does not, and it also keeps the state
	 * before the redemption of the code, in which the code is valid.
	 */
	private void removeStored(String id) {
		OAuth2Authorization stored = this.delegate.findById(id);
		while (stored != null) {
			this.delegate.remove(stored);
			stored = this.delegate.findById(id);
		}
	}

	/**
	 * The expiry of the last token, or {@code null} for an authorization without tokens,
	 * of which the delegate keeps a bounded number.
	 */
	private static @Nullable Instant expiry(OAuth2Authorization authorization) {
		OAuth2Authorization.Token<?> token = (authorization.getRefreshToken() != null) ? authorization.getRefreshToken()
				: authorization.getAccessToken();
		return (token != null) ? token.getToken().getExpiresAt() : null;
	}

}
