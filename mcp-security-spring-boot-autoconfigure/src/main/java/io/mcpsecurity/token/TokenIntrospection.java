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
 * What the introspection endpoint of one authorization server says about tokens (RFC
 * 7662), asked no more often than need be.
 * <p>
 * Answers are remembered by the token's hash: that a token is active for a configured
 * time, and not beyond its {@code exp}; that it is not for a few seconds. Requests that
 * bring the same token at the same time make one call. No more than a number of calls are
 * under way at a time, and while the endpoint fails a {@link CircuitBreaker} keeps them
 * away; nothing is tried twice.
 */
public final class TokenIntrospection {

	private static final Log logger = LogFactory.getLog(TokenIntrospection.class);

	/** How long it is remembered that a token is not active. */
	private static final Duration INACTIVE_TTL = Duration.ofSeconds(5);

	/** No token, but something to ask about. */
	private static final String PROBE = "probe";

	private final String issuer;

	private final Settings settings;

	private final IntrospectionClient client;

	private final Clock clock;

	private final Ticker ticker;

	private final CircuitBreaker breaker;

	private final Semaphore places;

	/** Apart, so that a flood of bad tokens takes no room from good ones. */
	private final Cache<Sha256, Answer> active;

	private final Cache<Sha256, Answer> inactive;

	private final ConcurrentMap<Sha256, CompletableFuture<Answer>> underWay = new ConcurrentHashMap<>();

	private final Map<Result, LongAdder> counts;

	private volatile IssuerKeys.Status status = IssuerKeys.Status.NOT_ASKED;

	private volatile boolean oddAnswerLogged;

	/**
	 * Create it; nothing is asked yet.
	 * @param issuer the issuer identifier of the authorization server
	 * @param endpoint its introspection endpoint
	 * @param authentication how this server shows who it is
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

	private Cache<Sha256, Answer> cache(Duration timeToLive) {
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
	 * What is known about a token, asked now if need be.
	 * @return the answer for an active token
	 * @throws RefusedTokenException if the token is not active
	 * @throws AuthenticationServiceException if there is no answer
	 */
	Answer introspect(String token) {
		Answer answer = find(token);
		if (!answer.active()) {
			throw new RefusedTokenException(TokenFailure.INACTIVE, "The token is not active",
					"its introspection at " + this.issuer + " says so");
		}
		return answer;
	}

	private Answer find(String token) {
		Sha256 hash = Sha256.of(token);
		Answer known = known(hash);
		if (known != null) {
			return known;
		}
		CompletableFuture<Answer> own = new CompletableFuture<>();
		CompletableFuture<Answer> others = this.underWay.putIfAbsent(hash, own);
		if (others != null) {
			return await(others);
		}
		try {
			// Another request may have asked since.
			known = known(hash);
			Answer answer = (known != null) ? known : ask(token);
			if (known == null) {
				(answer.active() ? this.active : this.inactive).put(hash, answer);
			}
			own.complete(answer);
			return answer;
		}
		catch (RuntimeException | Error ex) {
			own.completeExceptionally(ex);
			throw ex;
		}
		finally {
			this.underWay.remove(hash);
		}
	}

	private @Nullable Answer known(Sha256 hash) {
		Answer known = this.active.getIfPresent(hash);
		if (known == null) {
			known = this.inactive.getIfPresent(hash);
		}
		if (known == null || !isFresh(known)) {
			return null;
		}
		count(Result.REMEMBERED);
		return known;
	}

	private Answer await(CompletableFuture<Answer> others) {
		try {
			Answer answer = others.get();
			count(Result.REMEMBERED);
			return answer;
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

	private Answer ask(String token) {
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
			return askNow(token);
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

	private Answer askNow(String token) {
		// The answer may be as old as the question.
		long asked = this.ticker.read();
		boolean outage = true;
		try {
			Answer answer = answer(this.client.introspect(token), asked);
			outage = false;
			available();
			count(answer.active() ? Result.ACTIVE : Result.INACTIVE);
			return answer;
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

	private Answer answer(Map<String, Object> members, long asked) throws IntrospectionException {
		Object active = members.get("active");
		if (!(active instanceof Boolean) && !this.oddAnswerLogged) {
			this.oddAnswerLogged = true;
			logger.warn(
					"The introspection endpoint of issuer %s answers without a boolean 'active' (RFC 7662 section 2.2):"
							+ " such tokens count as not active".formatted(this.issuer));
		}
		if (!Boolean.TRUE.equals(active)) {
			return new Answer(false, Map.of(), asked + inactiveTtl().toNanos());
		}
		return new Answer(true, members, asked + timeToLive(members.get("exp")).toNanos());
	}

	private Duration timeToLive(@Nullable Object expiry) throws IntrospectionException {
		if (!(expiry instanceof Number seconds)) {
			return this.settings.cacheTtl();
		}
		try {
			Duration left = Duration.between(this.clock.instant(), Instant.ofEpochSecond(seconds.longValue()));
			if (left.isNegative() || left.isZero()) {
				// Good within the clock skew at most, which is looked at each time.
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
			logger.info("The introspection endpoint of issuer %s answers again".formatted(this.issuer));
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

	/**
	 * Whether an answer may still be relied upon.
	 */
	boolean isFresh(Answer answer) {
		return answer.until() - this.ticker.read() > 0;
	}

	/**
	 * The issuer identifier of the authorization server.
	 */
	public String issuer() {
		return this.issuer;
	}

	/**
	 * How often something came of asking, since the start.
	 */
	public long counted(Result result) {
		LongAdder count = this.counts.get(result);
		return (count != null) ? count.sum() : 0;
	}

	/**
	 * How the last attempt to ask went; after a failure that is tried anew, if it may be.
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

	/**
	 * How the last attempt to ask went.
	 */
	public IssuerKeys.Status status() {
		return this.status;
	}

	/**
	 * What may come of asking about a token.
	 */
	public enum Result {

		/** The token is active. */
		ACTIVE,

		/** The token is not active. */
		INACTIVE,

		/** An answer of a moment ago was taken. */
		REMEMBERED,

		/** There was no usable answer. */
		FAILED,

		/**
		 * Nothing was asked, because the endpoint failed a moment ago or too many calls
		 * are under way.
		 */
		SKIPPED

	}

	/**
	 * An answer about a token.
	 *
	 * @param active whether the token is active
	 * @param members what else the answer says, if it is
	 * @param until when the answer is too old, in the ticker's nanoseconds
	 */
	record Answer(boolean active, Map<String, Object> members, long until) {
	}

	/**
	 * Durations and limits, all positive.
	 *
	 * @param maxWait how long a request waits for one of {@code maxConcurrent} calls
	 * @param cacheTtl how long an answer serves: a token that is revoked stops working
	 * within this time
	 * @param cacheSize how many answers are remembered, of active and of other tokens
	 * each
	 * @param failureThreshold how many failures, with no good answer between them, keep
	 * calls away
	 * @param retryInterval for how long
	 * @param maxConcurrent how many calls are under way at most
	 */
	public record Settings(Duration maxWait, Duration cacheTtl, int cacheSize, int failureThreshold,
			Duration retryInterval, int maxConcurrent) {
	}

}
