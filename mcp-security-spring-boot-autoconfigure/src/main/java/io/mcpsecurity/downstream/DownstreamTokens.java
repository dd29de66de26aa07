package io.mcpsecurity.downstream;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.apikey.ApiKeys;
import io.mcpsecurity.exchange.DownstreamUse;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.exchange.InboundToken;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.token.BoundedHttp;
import io.mcpsecurity.token.ClientAuthentication;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.security.oauth2.core.AuthorizationGrantType;

/**
 * The access tokens for one service. Tokens are cached by the hash of the caller's token,
 * which determines subject, issuer, client and scopes, until shortly before they expire,
 * and not longer than the caller's token is valid. Concurrent requests for the same token
 * cause one request to the token endpoint; a failure is cached for a moment. When most of
 * the life of a token is over, one request replaces it, while others go on with it, as
 * that one does if it fails. The number of concurrent requests is limited, and none is
 * repeated.
 */
public final class DownstreamTokens implements DownstreamCredentials {

	/** How long a failure is cached. */
	private static final Duration FAILURE_TTL = Duration.ofSeconds(2);

	/** How long before its end a token is replaced: a tenth of its life, but at most. */
	private static final Duration MAX_MARGIN = Duration.ofSeconds(30);

	private final Settings settings;

	private final TokenEndpoint endpoint;

	private final Duration timeout;

	private final Exchanges exchanges;

	private final Clock clock = Clock.systemUTC();

	private final Semaphore places;

	private final AsyncCache<Key, Result> cache;

	/**
	 * Create them; nothing is requested yet.
	 * @param settings how they are requested
	 * @param http calls the token endpoint
	 * @param exchanges records the requests
	 */
	public DownstreamTokens(Settings settings, BoundedHttp http, Exchanges exchanges) {
		this.settings = settings;
		this.endpoint = new TokenEndpoint(settings, http, this.clock);
		this.timeout = http.timeout();
		this.exchanges = exchanges;
		this.places = new Semaphore(settings.maxConcurrent());
		this.cache = Caffeine.newBuilder()
			.maximumSize(settings.cacheSize())
			.expireAfter(Expiry.<Key, Result>creating((key, result) -> result.timeToLive()))
			.executor(Runnable::run)
			.buildAsync();
	}

	@Override
	public String header() {
		return HttpHeaders.AUTHORIZATION;
	}

	@Override
	public String apply(HttpHeaders headers, @Nullable McpExchange exchange) {
		checkCaller(exchange);
		IssuedToken token = get(key(exchange), exchange);
		headers.setBearerAuth(token.value());
		return token.id();
	}

	/** The token may have been replaced meanwhile, and that of the caller expired. */
	@Override
	public void rejected(@Nullable McpExchange exchange, @Nullable String tokenId) {
		Key key = key(exchange);
		CompletableFuture<Result> cached = this.cache.getIfPresent(key);
		if (cached != null && cached.isDone() && !cached.isCompletedExceptionally()) {
			IssuedToken issued = cached.join().issued();
			if (issued != null && issued.id().equals(tokenId)) {
				this.cache.asMap().remove(key, cached);
			}
		}
	}

	private Key key(@Nullable McpExchange exchange) {
		InboundToken token = (this.settings.grant() != Grant.CLIENT_CREDENTIALS && exchange != null) ? exchange.token()
				: null;
		return (token != null) ? new Key(token.hash()) : Key.OWN;
	}

	private void checkCaller(@Nullable McpExchange exchange) {
		if (this.settings.grant() == Grant.CLIENT_CREDENTIALS) {
			return;
		}
		InboundToken token = (exchange != null) ? exchange.token() : null;
		McpCaller caller = (exchange != null) ? exchange.caller() : null;
		if (token == null || caller == null) {
			throw failure("caller_missing", "there is no caller. A request needs one of an MCP request: "
					+ "send it on the thread of the handler, or with DownstreamCaller.of(caller)");
		}
		if (caller.issuer().equals(ApiKeys.ISSUER)) {
			throw failure("caller_issuer", "the caller has an API key, and no token that could be exchanged");
		}
		// Another authorization server must not see it.
		if (!caller.issuer().equals(this.settings.issuer())) {
			throw failure("caller_issuer", "the caller's token is from another issuer");
		}
		if (expiry(caller).isBefore(this.clock.instant())) {
			throw failure("caller_expired", "the caller's token has expired");
		}
	}

	private static Instant expiry(@Nullable McpCaller caller) {
		return (caller != null && caller.claim("exp") instanceof Number seconds)
				? Instant.ofEpochSecond(seconds.longValue()) : Instant.MAX;
	}

	private IssuedToken get(Key key, @Nullable McpExchange exchange) {
		CompletableFuture<Result> result = this.cache.getIfPresent(key);
		if (result == null) {
			CompletableFuture<Result> own = new CompletableFuture<>();
			result = this.cache.asMap().putIfAbsent(key, own);
			if (result == null) {
				result = own;
				try {
					own.complete(request(key, exchange));
				}
				finally {
					// Without an effect, unless there was an error.
					own.completeExceptionally(new IllegalStateException());
				}
			}
		}
		try {
			// Longer than the other request can take: to wait for a place, and two
			// requests.
			Result current = result.get(3 * this.timeout.toNanos(), TimeUnit.NANOSECONDS);
			return current.isDue(this.clock.instant()) ? replace(current, key, exchange) : current.token();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw failure("unavailable", "interrupted");
		}
		catch (ExecutionException | TimeoutException ex) {
			throw failure("unavailable", "the request for it failed");
		}
	}

	/** Request a token while there is still a valid one. */
	private IssuedToken replace(Result current, Key key, @Nullable McpExchange exchange) {
		Result next = request(key, exchange);
		if (next.issued() == null) {
			return current.token();
		}
		this.cache.put(key, CompletableFuture.completedFuture(next));
		return next.token();
	}

	/** Request a token, for all that wait for it. */
	private Result request(Key key, @Nullable McpExchange exchange) {
		Instant start = this.clock.instant();
		try {
			IssuedToken actor = (this.settings.actor() && key != Key.ACTOR) ? get(Key.ACTOR, null) : null;
			IssuedToken token = request(key, exchange, actor);
			used(key, exchange, start, DownstreamUse.SUCCESS, token);
			return result(token, expiry((key.token() != null && exchange != null) ? exchange.caller() : null));
		}
		catch (DownstreamException ex) {
			used(key, exchange, start, ex.getReason(), null);
			// Other callers do not wait because this one was interrupted.
			return new Result(null, ex, Thread.currentThread().isInterrupted() ? Duration.ZERO : FAILURE_TTL,
					new AtomicReference<>());
		}
	}

	private IssuedToken request(Key key, @Nullable McpExchange exchange, @Nullable IssuedToken actor) {
		try {
			if (!this.places.tryAcquire(this.timeout.toNanos(), TimeUnit.NANOSECONDS)) {
				throw failure("busy", "too many are being requested");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw failure("unavailable", "interrupted");
		}
		try {
			InboundToken subject = (key.token() != null && exchange != null) ? exchange.token() : null;
			return (key == Key.ACTOR) ? this.endpoint.requestActor()
					: this.endpoint.request((subject != null) ? subject.text() : null, actor);
		}
		finally {
			this.places.release();
		}
	}

	/**
	 * A token without a known end is used for the waiting requests only. One that ends
	 * with the caller's token is not replaced, because its successor would end then, too.
	 */
	private Result result(IssuedToken token, Instant callerExpiry) {
		Instant end = token.expiresAt();
		if (end == null) {
			return new Result(token, null, Duration.ZERO, new AtomicReference<>());
		}
		boolean replaceable = end.isBefore(callerExpiry);
		Instant now = this.clock.instant();
		Duration life = Duration.between(now, replaceable ? end : callerExpiry);
		Duration margin = life.dividedBy(10);
		life = life.minus((margin.compareTo(MAX_MARGIN) < 0) ? margin : MAX_MARGIN);
		return new Result(token, null, life.isNegative() ? Duration.ZERO : life,
				new AtomicReference<>(replaceable ? now.plus(life.multipliedBy(3).dividedBy(4)) : null));
	}

	private void used(Key key, @Nullable McpExchange exchange, Instant start, String outcome,
			@Nullable IssuedToken token) {
		this.exchanges.used(new DownstreamUse(DownstreamUse.Kind.TOKEN, this.settings.service(),
				(key.token() != null) ? exchange : null, start, Duration.between(start, this.clock.instant()), outcome,
				(key != Key.ACTOR) ? this.settings.scopes() : List.of(), (token != null) ? token.scopes() : List.of(),
				(token != null) ? token.id() : null, null));
	}

	private DownstreamException failure(String reason, String why) {
		return new DownstreamException(reason, "No access token for '" + this.settings.service() + "': " + why);
	}

	/** What a token is for: a caller's token, or this server itself. */
	private record Key(@Nullable Sha256 token, boolean actor) {

		static final Key OWN = new Key(null, false);

		static final Key ACTOR = new Key(null, true);

		Key(Sha256 token) {
			this(token, false);
		}

	}

	/** A token, or why there is none; and when the token is to be replaced, if ever. */
	private record Result(@Nullable IssuedToken issued, @Nullable DownstreamException failure, Duration timeToLive,
			AtomicReference<@Nullable Instant> due) {

		/** Whether the token is due; for one request only. */
		boolean isDue(Instant now) {
			Instant time = this.due.get();
			return time != null && !now.isBefore(time) && this.due.compareAndSet(time, null);
		}

		/** The token; exceptions are mutable, so they are not shared. */
		IssuedToken token() {
			if (this.issued != null) {
				return this.issued;
			}
			throw (this.failure != null)
					? new DownstreamException(this.failure.getReason(), String.valueOf(this.failure.getMessage()))
					: new IllegalStateException();
		}

	}

	/** How tokens are obtained. */
	public enum Grant {

		/** RFC 8693: the caller's token is exchanged. */
		TOKEN_EXCHANGE("urn:ietf:params:oauth:grant-type:token-exchange"),

		/** RFC 7523 section 2.1: the caller's token, a JWT, is the assertion. */
		JWT_BEARER("urn:ietf:params:oauth:grant-type:jwt-bearer"),

		/**
		 * RFC 6749 section 4.4: the token is for this server, independently of the
		 * caller.
		 */
		CLIENT_CREDENTIALS("client_credentials");

		private final AuthorizationGrantType type;

		Grant(String type) {
			this.type = new AuthorizationGrantType(type);
		}

		AuthorizationGrantType type() {
			return this.type;
		}

	}

	/**
	 * How the tokens for a service are requested.
	 *
	 * @param service the name of the service
	 * @param grant the grant
	 * @param issuer the issuer whose tokens are sent to the token endpoint
	 * @param uri the token endpoint
	 * @param authentication authenticates this server there
	 * @param resource the {@code resource} (RFC 8707), or {@code null}
	 * @param audience the {@code audience} (RFC 8693), or {@code null}
	 * @param scopes the scopes; if there are none, those of a token are not checked
	 * @param actor whether an exchange names this server as the actor
	 * @param parameters further parameters of the request
	 * @param ownResources the resource identifiers of this server, for which no token is
	 * accepted
	 * @param maxLifetime the maximum lifetime of a token
	 * @param cacheSize the maximum number of cached tokens
	 * @param maxConcurrent the maximum number of concurrent requests
	 */
	public record Settings(String service, Grant grant, @Nullable String issuer, Supplier<URI> uri,
			ClientAuthentication authentication, @Nullable String resource, @Nullable String audience,
			List<String> scopes, boolean actor, Map<String, String> parameters, Set<String> ownResources,
			Duration maxLifetime, int cacheSize, int maxConcurrent) {
	}

}
