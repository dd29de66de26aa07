package io.mcpsecurity.token;

import java.net.URI;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.mcpsecurity.hash.Sha256;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.AuthenticationServiceException;

/**
 * The introspection of tokens by one authorization server (RFC 7662). Responses are
 * cached by the token's hash: for an active token for a configured time, and not beyond
 * its {@code exp}; for any other a few seconds. Concurrent requests with the same token
 * cause one call. The number of concurrent calls is limited, and a {@link CircuitBreaker}
 * prevents calls while the endpoint fails; no call is retried.
 */
public final class TokenIntrospection {

	private static final Log logger = LogFactory.getLog(TokenIntrospection.class);

	/** How long the response for a token that is not active is cached. */
	private static final Duration INACTIVE_TTL = Duration.ofSeconds(5);

	/** Not a token, for a call that checks the endpoint. */
	private static final String PROBE = "probe";

	private final String issuer;

	private final Settings settings;

	private final IntrospectionClient client;

	private final Clock clock;

	private final Ticker ticker;

	private final CircuitBreaker breaker;

	private final Semaphore places;

	/** Separate, so that a flood of bad tokens does not evict good ones. */
	private final Cache<Sha256, Response> active;

	private final Cache<Sha256, Response> inactive;

	private final ConcurrentMap<Sha256, CompletableFuture<Response>> underWay = new ConcurrentHashMap<>();

	private final Map<Result, LongAdder> counts;

	private volatile IssuerKeys.Status status = IssuerKeys.Status.NOT_ASKED;

	private volatile boolean invalidResponseLogged;

	/**
	 * Create it; nothing is called yet.
	 * @param issuer the issuer identifier of the authorization server
	 * @param endpoint its introspection endpoint
	 * @param authentication authenticates this server
	 * @param http calls it
	 * @param settings durations and limits
	 */
	public TokenIntrospection(String issuer, URI endpoint, ClientAuthentication authentication, BoundedHttp http,
			Settings settings) {
		this(issuer, endpoint, authentication, http, settings, Clock.systemUTC(), Ticker.systemTicker());
	}

	TokenIntrospection(String issuer, URI endpoint, ClientAuthentication authentication, BoundedHttp http,
			Settings settings, Clock clock, Ticker ticker) {
		this.issuer = issuer;
		this.settings = settings;
		this.client = new IntrospectionClient(endpoint, authentication, http);
		this.clock = clock;
		this.ticker = ticker;
		this.breaker = new CircuitBreaker(settings.failureThreshold(), settings.retryInterval(), ticker);
		this.places = new Semaphore(settings.maxConcurrent());
		this.active = cache(settings.cacheTtl());
		this.inactive = cache(inactiveTtl());
		this.counts = Stream.of(Result.values())
			.collect(Collectors.toUnmodifiableMap((result) -> result, (result) -> new LongAdder()));
	}

	private Cache<Sha256, Response> cache(Duration timeToLive) {
		return Caffeine.newBuilder()
			.maximumSize(this.settings.cacheSize())
			.expireAfterWrite(timeToLive)
			.ticker(this.ticker)
			.executor(Runnable::run)
			.build();
	}

	private Duration inactiveTtl() {
		return (INACTIVE_TTL.compareTo(this.settings.cacheTtl()) < 0) ? INACTIVE_TTL : this.settings.cacheTtl();
	}

	/**
	 * The response for an active token, cached or from a call.
	 * @throws RefusedTokenException if the token is not active
	 * @throws AuthenticationServiceException if there is no response
	 */
	Response introspect(String token) {
		Response response = find(token);
		if (!response.active()) {
			throw new RefusedTokenException(TokenFailure.INACTIVE, "The token is not active",
					"its introspection at " + this.issuer + " says so");
		}
		return response;
	}

	private Response find(String token) {
		Sha256 hash = Sha256.of(token);
		Response known = known(hash);
		if (known != null) {
			return known;
		}
		CompletableFuture<Response> own = new CompletableFuture<>();
		CompletableFuture<Response> others = this.underWay.putIfAbsent(hash, own);
		if (others != null) {
			return await(others);
		}
		try {
			// Another request may have called meanwhile.
			known = known(hash);
			Response response = (known != null) ? known : call(token);
			if (known == null) {
				(response.active() ? this.active : this.inactive).put(hash, response);
			}
			own.complete(response);
			return response;
		}
		catch (RuntimeException | Error ex) {
			own.completeExceptionally(ex);
			throw ex;
		}
		finally {
			this.underWay.remove(hash);
		}
	}

	private @Nullable Response known(Sha256 hash) {
		Response known = this.active.getIfPresent(hash);
		if (known == null) {
			known = this.inactive.getIfPresent(hash);
		}
		if (known == null || !isFresh(known)) {
			return null;
		}
		count(Result.CACHED);
		return known;
	}

	private Response await(CompletableFuture<Response> others) {
		try {
			Response response = others.get();
			count(Result.CACHED);
			return response;
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof TooManyIntrospectionsException) {
				throw new TooManyIntrospectionsException();
			}
			throw new AuthenticationServiceException("The token cannot be checked", ex.getCause());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new AuthenticationServiceException("Interrupted while the token was introspected", ex);
		}
	}

	private Response call(String token) {
		boolean place = false;
		try {
			place = this.places.getQueueLength() < this.settings.maxConcurrent()
					&& this.places.tryAcquire(this.settings.maxWait().toMillis(), TimeUnit.MILLISECONDS);
			if (!place) {
				count(Result.SKIPPED);
				throw new TooManyIntrospectionsException();
			}
			if (!this.breaker.pass()) {
				count(Result.SKIPPED);
				throw new AuthenticationServiceException("The token cannot be checked");
			}
			return callNow(token);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new AuthenticationServiceException("Interrupted while the token was introspected", ex);
		}
		finally {
			if (place) {
				this.places.release();
			}
		}
	}

	private Response callNow(String token) {
		// The response may be as old as the request.
		long start = this.ticker.read();
		boolean outage = true;
		try {
			Response response = response(this.client.introspect(token), start);
			outage = false;
			available();
			count(response.active() ? Result.ACTIVE : Result.INACTIVE);
			return response;
		}
		catch (IntrospectionException ex) {
			outage = ex.isOutage();
			count(Result.FAILED);
			if (outage) {
				unavailable(ex);
			}
			throw new AuthenticationServiceException("The token cannot be checked", ex);
		}
		finally {
			if (outage) {
				this.breaker.failed();
			}
			else {
				this.breaker.succeeded();
			}
		}
	}

	private Response response(Map<String, Object> members, long start) throws IntrospectionException {
		Object active = members.get("active");
		if (!(active instanceof Boolean) && !this.invalidResponseLogged) {
			this.invalidResponseLogged = true;
			logger.warn("The introspection endpoint of issuer " + this.issuer
					+ " responds without a boolean 'active' (RFC 7662 section 2.2): such tokens count as not active");
		}
		if (!Boolean.TRUE.equals(active)) {
			return new Response(false, Map.of(), start + inactiveTtl().toNanos());
		}
		return new Response(true, members, start + timeToLive(members.get("exp")).toNanos());
	}

	private Duration timeToLive(@Nullable Object expiry) throws IntrospectionException {
		if (!(expiry instanceof Number seconds)) {
			return this.settings.cacheTtl();
		}
		try {
			Duration left = Duration.between(this.clock.instant(), Instant.ofEpochSecond(seconds.longValue()));
			if (left.isNegative() || left.isZero()) {
				// Accepted within the clock skew at most, which is checked each time.
				return inactiveTtl();
			}
			return (left.compareTo(this.settings.cacheTtl()) < 0) ? left : this.settings.cacheTtl();
		}
		catch (DateTimeException | ArithmeticException ex) {
			throw new IntrospectionException("its exp is no time", false, ex);
		}
	}

	private void available() {
		if (this.status == IssuerKeys.Status.UNAVAILABLE) {
			logger.info("The introspection endpoint of issuer %s responds again".formatted(this.issuer));
		}
		this.status = IssuerKeys.Status.AVAILABLE;
	}

	private void unavailable(IntrospectionException ex) {
		if (this.status != IssuerKeys.Status.UNAVAILABLE) {
			this.status = IssuerKeys.Status.UNAVAILABLE;
			// Once per outage: a line per request would let anyone fill the log.
			logger.warn("The introspection endpoint of issuer %s cannot be used, tokens cannot be checked: %s"
				.formatted(this.issuer, ex.getMessage()));
		}
	}

	private void count(Result result) {
		Objects.requireNonNull(this.counts.get(result)).increment();
	}

	/** Whether a response may still be used. */
	boolean isFresh(Response response) {
		return response.until() - this.ticker.read() > 0;
	}

	/** The issuer identifier of the authorization server. */
	public String issuer() {
		return this.issuer;
	}

	/** The number of introspections with a result, since the start. */
	public long counted(Result result) {
		LongAdder count = this.counts.get(result);
		return (count != null) ? count.sum() : 0;
	}

	/**
	 * The result of the last call; after a failure the endpoint is called again, if the
	 * circuit breaker allows it.
	 */
	public IssuerKeys.Status probe() {
		if (this.status == IssuerKeys.Status.UNAVAILABLE) {
			try {
				find(PROBE);
			}
			catch (AuthenticationServiceException ex) {
				logger.trace("Probe failed", ex);
			}
		}
		return this.status;
	}

	/** The result of the last call. */
	public IssuerKeys.Status status() {
		return this.status;
	}

	/** The results of an introspection. */
	public enum Result {

		/** The token is active. */
		ACTIVE,

		/** The token is not active. */
		INACTIVE,

		/** A cached response was used. */
		CACHED,

		/** There was no usable response. */
		FAILED,

		/**
		 * The endpoint was not called, because it had just failed or there were too many
		 * calls.
		 */
		SKIPPED

	}

	/**
	 * A response.
	 *
	 * @param active whether the token is active
	 * @param members the members of the response, if it is
	 * @param until the time from which it is too old, in the ticker's nanoseconds
	 */
	record Response(boolean active, Map<String, Object> members, long until) {
	}

	/**
	 * Durations and limits, all positive.
	 *
	 * @param maxWait how long a request waits for one of {@code maxConcurrent} calls
	 * @param cacheTtl how long a response is cached: a token that is revoked stops
	 * working within this time
	 * @param cacheSize the maximum number of cached responses, for active and for other
	 * tokens each
	 * @param failureThreshold the number of consecutive failures after which there are no
	 * calls
	 * @param retryInterval for how long
	 * @param maxConcurrent the maximum number of concurrent calls
	 */
	public record Settings(Duration maxWait, Duration cacheTtl, int cacheSize, int failureThreshold,
			Duration retryInterval, int maxConcurrent) {
	}

}
