package io.mcpsecurity.authorizationserver;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.core.OAuth2Token;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * The authorizations, in memory, with the current scopes of their clients: a code or a
 * refresh token has only scopes that its client still has after an administrator has
 * changed them. An authorization whose last token has expired is removed.
 * <p>
 * Of the authorizations that wait for a consent or for the redemption of their code, each
 * user has a bounded number, so that no user can displace those of others.
 * ({@code InMemoryOAuth2AuthorizationService} has one bound for all of them, and removes
 * only what equals its own copy.)
 */
final class CurrentAuthorizations implements OAuth2AuthorizationService {

	/** The maximum number of authorizations of a user without an access token. */
	private static final int MAX_WAITING = 20;

	/** How long an authorization waits for a consent, and then for its redemption. */
	private static final Duration MAX_WAIT = Duration.ofHours(1);

	private static final Duration SWEEP_INTERVAL = Duration.ofMinutes(1);

	private static final Map<String, Class<? extends OAuth2Token>> TYPES = Map.of(OAuth2ParameterNames.CODE,
			OAuth2AuthorizationCode.class, OAuth2ParameterNames.ACCESS_TOKEN, OAuth2AccessToken.class,
			OAuth2ParameterNames.REFRESH_TOKEN, OAuth2RefreshToken.class);

	/** By their ids, the oldest first. */
	private final Map<String, Entry> entries = new LinkedHashMap<>();

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
		removeExpired();
		Instant expiry = expiry(authorization);
		if (authorization.getAccessToken() != null) {
			this.clients.keep(authorization.getRegisteredClientId(), expiry);
		}
		else if (!this.entries.containsKey(authorization.getId())) {
			displaceOldest(authorization.getPrincipalName());
		}
		this.entries.put(authorization.getId(), new Entry(authorization, expiry));
	}

	@Override
	public synchronized void remove(OAuth2Authorization authorization) {
		this.entries.remove(authorization.getId());
	}

	@Override
	public synchronized @Nullable OAuth2Authorization findById(String id) {
		Entry entry = this.entries.get(id);
		return (entry != null) ? current(entry.authorization()) : null;
	}

	@Override
	public synchronized @Nullable OAuth2Authorization findByToken(String token, @Nullable OAuth2TokenType tokenType) {
		return this.entries.values()
			.stream()
			.map(Entry::authorization)
			.filter((authorization) -> has(authorization, token, tokenType))
			.findFirst()
			.map(this::current)
			.orElse(null);
	}

	private static boolean has(OAuth2Authorization authorization, String text, @Nullable OAuth2TokenType tokenType) {
		String type = (tokenType != null) ? tokenType.getValue() : null;
		if ((type == null || type.equals(OAuth2ParameterNames.STATE))
				&& text.equals(authorization.getAttribute(OAuth2ParameterNames.STATE))) {
			return true;
		}
		OAuth2Authorization.Token<OAuth2Token> token = authorization.getToken(text);
		Class<?> expected = (type != null) ? TYPES.get(type) : OAuth2Token.class;
		return token != null && expected != null && expected.isInstance(token.getToken());
	}

	private OAuth2Authorization current(OAuth2Authorization authorization) {
		RegisteredClient client = this.clients.findById(authorization.getRegisteredClientId());
		Set<String> scopes = new HashSet<>(authorization.getAuthorizedScopes());
		scopes.retainAll((client != null) ? client.getScopes() : Set.of());
		return scopes.equals(authorization.getAuthorizedScopes()) ? authorization
				: OAuth2Authorization.from(authorization).authorizedScopes(scopes).build();
	}

	private void displaceOldest(String user) {
		List<OAuth2Authorization> waiting = this.entries.values()
			.stream()
			.map(Entry::authorization)
			.filter((authorization) -> authorization.getAccessToken() == null
					&& authorization.getPrincipalName().equals(user))
			.toList();
		if (waiting.size() >= MAX_WAITING) {
			this.entries.remove(waiting.get(0).getId());
		}
	}

	private void removeExpired() {
		Instant now = this.clock.instant();
		if (!now.isBefore(this.nextSweep)) {
			this.nextSweep = now.plus(SWEEP_INTERVAL);
			this.entries.values().removeIf((entry) -> entry.expiry().isBefore(now));
		}
	}

	/** The expiry of the last token. */
	private Instant expiry(OAuth2Authorization authorization) {
		OAuth2Authorization.Token<?> token = (authorization.getRefreshToken() != null) ? authorization.getRefreshToken()
				: authorization.getAccessToken();
		Instant expiry = (token != null) ? token.getToken().getExpiresAt() : null;
		return (expiry != null) ? expiry : this.clock.instant().plus(MAX_WAIT);
	}

	private record Entry(OAuth2Authorization authorization, Instant expiry) {
	}

}
