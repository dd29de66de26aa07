package io.mcpsecurity.apikey;

import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.token.RefusedTokenException;
import io.mcpsecurity.token.TokenFailure;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationToken;

/**
 * Authenticates callers by API key. A key of the configuration takes precedence over a
 * stored one with the same id. A stored key is looked up for each request, so that a
 * change applies to the next one.
 */
public final class ApiKeys {

	/** The issuer of callers with an API key. No authorization server can have it. */
	public static final String ISSUER = "urn:mcp-security:api-keys";

	private static final Log logger = LogFactory.getLog(ApiKeys.class);

	private static final int MAX_ACCEPTED = 10_000;

	private static final Duration ACCEPTED_TTL = Duration.ofMinutes(10);

	private static final Duration STREAM_TTL = Duration.ofSeconds(1);

	private final Map<String, ApiKey> configured;

	private final @Nullable ApiKeyStore store;

	private final Clock clock;

	/** The hashes of keys that were accepted recently, which accepts none. */
	private final Cache<Sha256, Boolean> accepted = Caffeine.newBuilder()
		.maximumSize(MAX_ACCEPTED)
		.expireAfterWrite(ACCEPTED_TTL)
		.executor(Runnable::run)
		.build();

	/** For open streams, which are checked together and often have the same key. */
	private final Cache<String, Optional<ApiKey>> ofStreams = Caffeine.newBuilder()
		.maximumSize(MAX_ACCEPTED)
		.expireAfterWrite(STREAM_TTL)
		.executor(Runnable::run)
		.build();

	private final AtomicBoolean failing = new AtomicBoolean();

	/**
	 * Create from the keys of the configuration, by id.
	 * @param configured the keys
	 * @param store the keys that are created at run time, or {@code null} for none
	 * @param clock the current time
	 */
	public ApiKeys(Map<String, ApiKey> configured, @Nullable ApiKeyStore store, Clock clock) {
		this.configured = Map.copyOf(configured);
		this.store = store;
		this.clock = clock;
	}

	/**
	 * Authenticate a request. Its key is compared before anything else of it is checked,
	 * so that only the owner of a key learns why it is refused.
	 * @param text the text of the key
	 * @param address the address of the client, or {@code null}
	 * @param resource the resource identifier of the MCP endpoint
	 * @return the authentication, with a {@link McpCaller} as its details
	 * @throws RefusedTokenException if the key is not accepted
	 * @throws AuthenticationServiceException if the key could not be looked up
	 */
	public Authentication authenticate(String text, @Nullable String address, String resource) {
		String id = ApiKey.id(text);
		if (id == null) {
			throw new RefusedTokenException(TokenFailure.MALFORMED, "The API key is malformed");
		}
		Sha256 hash = Sha256.of(text);
		ApiKey key = find(id);
		if (key == null || !MessageDigest.isEqual(key.hash().bytes(), hash.bytes())) {
			throw new RefusedTokenException(TokenFailure.INACTIVE, "The API key is unknown or revoked");
		}
		if (hasExpired(key)) {
			throw new RefusedTokenException(TokenFailure.EXPIRED, "The API key " + id + " has expired");
		}
		if (!key.isAcceptedFrom(address)) {
			throw new RefusedTokenException(TokenFailure.NETWORK,
					"The API key " + id + " is not accepted from this address");
		}
		this.accepted.put(hash, true);
		Authentication authentication = new PreAuthenticatedAuthenticationToken(key.subject(), "",
				key.scopes().stream().map((scope) -> new SimpleGrantedAuthority("SCOPE_" + scope)).toList());
		((PreAuthenticatedAuthenticationToken) authentication).setDetails(caller(key, resource));
		return authentication;
	}

	private static McpCaller caller(ApiKey key, String resource) {
		return McpCaller.builder(key.subject(), ISSUER, resource)
			.client(key.client())
			.scopes(key.scopes())
			.claims(Map.of("iss", ISSUER, "sub", key.subject(), "client_id", key.client(), "jti", key.id(), "exp",
					key.expiresAt()))
			.build();
	}

	private boolean hasExpired(ApiKey key) {
		return !this.clock.instant().isBefore(key.expiresAt());
	}

	private @Nullable ApiKey find(String id) {
		ApiKey key = this.configured.get(id);
		if (key != null || this.store == null) {
			return key;
		}
		try {
			key = this.store.find(id);
			this.failing.set(false);
			return key;
		}
		catch (RuntimeException ex) {
			if (this.failing.compareAndSet(false, true)) {
				logger.warn("API keys cannot be looked up: requests with a key get 503 until they can", ex);
			}
			throw new AuthenticationServiceException("The API key cannot be looked up", ex);
		}
	}

	/**
	 * Whether a text is a key that was accepted recently.
	 */
	public boolean isKnown(String text) {
		return text.startsWith(ApiKey.PREFIX) && this.accepted.getIfPresent(Sha256.of(text)) != null;
	}

	/**
	 * Whether a text is a key that is checked without a database, or known to be good.
	 */
	public boolean isCheap(String text) {
		String id = ApiKey.id(text);
		return id != null
				&& (this.store instanceof LocalApiKeyStore || this.configured.containsKey(id) || isKnown(text));
	}

	/**
	 * Whether the key of a caller is no longer accepted, so that its streams have to end.
	 * While keys cannot be looked up, streams continue until the time at which their key
	 * expires.
	 */
	public boolean isOver(McpCaller caller) {
		String id = caller.tokenId();
		if (!ISSUER.equals(caller.issuer()) || id == null) {
			return false;
		}
		try {
			return this.ofStreams.get(id, (same) -> Optional.ofNullable(find(id)))
				.filter((key) -> !hasExpired(key))
				.isEmpty();
		}
		catch (AuthenticationServiceException ex) {
			return false;
		}
	}

}
