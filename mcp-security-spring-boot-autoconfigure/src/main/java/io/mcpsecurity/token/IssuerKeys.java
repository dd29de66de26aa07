package io.mcpsecurity.token;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;

import com.github.benmanes.caffeine.cache.Ticker;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The public keys of one authorization server. They are fetched when the first token
 * needs them, so that this server starts while its authorization server is down.
 * <p>
 * From then on a thread keeps them fresh: it fetches them again after half of their
 * lifetime, and after a failure once per interval. While the authorization server is
 * down, the last good keys are used for a limited time. An unknown key causes one fetch
 * per interval, for all callers together.
 * <p>
 * Requests do not fetch. They wait, for a limited time, only if a fetch can help and no
 * outage is known: for the first keys, for an unknown key, and for keys that could not be
 * refreshed in time.
 * <p>
 * Time is that of {@link System#nanoTime()}, so changes of the system clock have no
 * effect.
 */
public final class IssuerKeys implements JWKSource<SecurityContext>, AutoCloseable {

	private static final Log logger = LogFactory.getLog(IssuerKeys.class);

	/**
	 * The maximum number of requests that wait for an unknown key, so that clients that
	 * make up keys do not occupy all threads while the authorization server is slow.
	 */
	private static final int WAITING_LIMIT = 64;

	private final String issuer;

	private final KeyDocuments documents;

	private final Duration maxWait;

	private final Settings settings;

	private final Ticker ticker;

	private final long cacheTtl;

	/** Leaves half of the lifetime for the refresh and its retries. */
	private final Duration refreshAfter;

	private final Semaphore waiting = new Semaphore(WAITING_LIMIT);

	private final LongAdder fetches = new LongAdder();

	private final LongAdder failures = new LongAdder();

	private volatile @Nullable Keys keys;

	private volatile @Nullable Outage outage;

	private @Nullable ScheduledExecutorService thread;

	private CompletableFuture<Void> underWay = CompletableFuture.completedFuture(null);

	private @Nullable Future<?> next;

	private @Nullable Long lastForUnknown;

	private boolean closed;

	/**
	 * Create the key source; nothing is fetched yet.
	 * @param issuer the issuer identifier
	 * @param jwkSetUri where the keys are, or {@code null} to find out from the issuer's
	 * metadata
	 * @param http fetches them
	 * @param settings durations and intervals
	 */
	public IssuerKeys(String issuer, @Nullable String jwkSetUri, BoundedHttp http, Settings settings) {
		this(issuer, jwkSetUri, http, settings, Ticker.systemTicker());
	}

	IssuerKeys(String issuer, @Nullable String jwkSetUri, BoundedHttp http, Settings settings, Ticker ticker) {
		this.issuer = issuer;
		this.documents = new KeyDocuments(issuer, jwkSetUri, http);
		// With the metadata, a fetch is two requests.
		this.maxWait = http.timeout().multipliedBy(2);
		this.settings = settings;
		this.ticker = ticker;
		this.cacheTtl = settings.cacheTtl().toNanos();
		this.refreshAfter = settings.cacheTtl().dividedBy(2);
	}

	/**
	 * The keys that may have signed a token.
	 * @throws JWKSetUnavailableException if they are not available, or the key is unknown
	 * and the authorization server is down
	 */
	@Override
	public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context) throws KeySourceException {
		Keys keys = serving();
		List<JWK> selected = selector.select(keys.set());
		// A fetch that was under way may have begun before the key was published.
		for (int i = 0; i < 3 && selected.isEmpty(); i++) {
			Keys newer = newerThan(keys);
			if (newer == keys) {
				break;
			}
			keys = newer;
			selected = selector.select(keys.set());
		}
		return selected;
	}

	/**
	 * The current key set; as long as it is the same object, it has the same keys.
	 * @throws JWKSetUnavailableException if it is not available
	 */
	JWKSet current() throws JWKSetUnavailableException {
		return serving().set();
	}

	private Keys serving() throws JWKSetUnavailableException {
		Keys keys = this.keys;
		if (keys != null && age(keys) < this.cacheTtl) {
			if (isDue(keys)) {
				refresh();
			}
			return keys;
		}
		CompletableFuture<Void> fetch = isDue(keys) ? refresh() : underWay();
		if (this.outage == null) {
			await(fetch);
		}
		keys = this.keys;
		if (keys == null || isOver(keys)) {
			throw unavailable();
		}
		return keys;
	}

	private JWKSetUnavailableException unavailable() {
		Outage outage = this.outage;
		return new JWKSetUnavailableException(
				(outage != null) ? outage.reason() : "The authorization server has not responded in time");
	}

	/**
	 * The keys after a fetch for an unknown one; the same if it is too early for that.
	 */
	private Keys newerThan(Keys keys) throws JWKSetUnavailableException {
		CompletableFuture<Void> fetch = refreshForUnknown(keys);
		if (fetch != null) {
			if (!this.waiting.tryAcquire()) {
				throw new JWKSetUnavailableException("Too many requests wait for the authorization server");
			}
			try {
				await(fetch);
			}
			finally {
				this.waiting.release();
			}
		}
		if (this.outage != null) {
			// The key may be new or not exist.
			throw unavailable();
		}
		Keys newer = this.keys;
		return (newer != null) ? newer : keys;
	}

	private boolean isDue(@Nullable Keys keys) {
		Outage outage = this.outage;
		if (outage != null) {
			return this.ticker.read() - outage.lastTry() >= this.settings.retryInterval().toNanos();
		}
		return keys == null || age(keys) >= this.refreshAfter.toNanos();
	}

	private boolean isOver(Keys keys) {
		return age(keys) >= this.settings.cacheTtl().plus(this.settings.outageTolerance()).toNanos();
	}

	private long age(Keys keys) {
		return this.ticker.read() - keys.requested();
	}

	/** Fetch the keys in the background, unless a fetch is in progress. */
	private synchronized CompletableFuture<Void> refresh() {
		if (this.underWay.isDone() && !this.closed) {
			try {
				this.underWay = CompletableFuture.runAsync(this::fetch, thread());
			}
			catch (RejectedExecutionException ex) {
				logger.trace("The thread has ended", ex);
			}
		}
		return this.underWay;
	}

	private synchronized CompletableFuture<Void> underWay() {
		return this.underWay;
	}

	/**
	 * Fetch the keys for one that is unknown, unless it is too early.
	 * @return the fetch to wait for, or {@code null} if there is none
	 */
	private synchronized @Nullable CompletableFuture<Void> refreshForUnknown(Keys known) {
		if (this.keys != known || this.outage != null) {
			return null;
		}
		if (!this.underWay.isDone()) {
			return this.underWay;
		}
		long now = this.ticker.read();
		Long last = this.lastForUnknown;
		if (last != null && now - last < this.settings.retryInterval().toNanos()) {
			return null;
		}
		this.lastForUnknown = now;
		return refresh();
	}

	private ScheduledExecutorService thread() {
		ScheduledExecutorService thread = this.thread;
		if (thread == null) {
			thread = Executors.newSingleThreadScheduledExecutor((task) -> {
				Thread daemon = new Thread(task, "mcp-security-keys");
				daemon.setDaemon(true);
				return daemon;
			});
			this.thread = thread;
		}
		return thread;
	}

	private void fetch() {
		// A key that is withdrawn during the fetch counts as withdrawn later.
		long asked = this.ticker.read();
		try {
			JWKSet set = this.documents.keys();
			this.fetches.increment();
			// In this order: with keys there is no outage.
			succeeded();
			this.keys = new Keys(set, asked);
		}
		catch (JWKSetUnavailableException | RuntimeException | StackOverflowError ex) {
			this.failures.increment();
			failed(asked, ex);
		}
		schedule();
	}

	private void succeeded() {
		Outage outage = this.outage;
		if (outage != null) {
			this.outage = null;
			logger.info("The authorization server %s responds again after %d s".formatted(this.issuer,
					TimeUnit.NANOSECONDS.toSeconds(this.ticker.read() - outage.began())));
		}
	}

	private void failed(long asked, Throwable failure) {
		Outage outage = this.outage;
		String reason = TokenError.safe(failure.getMessage());
		this.outage = new Outage((outage != null) ? outage.began() : asked, asked, reason);
		if (outage == null) {
			// Once per outage: a line per try, or per request, would fill the log.
			logger.warn("The keys of issuer %s could not be fetched, %s: %s".formatted(this.issuer,
					(this.keys != null) ? "the last good ones are used for a while" : "its tokens cannot be checked",
					reason));
		}
	}

	/**
	 * Schedule the next fetch, so that keys are fresh whenever the next request arrives.
	 */
	private synchronized void schedule() {
		if (this.next != null) {
			this.next.cancel(false);
		}
		if (!this.closed) {
			Duration delay = (this.outage != null) ? this.settings.retryInterval() : this.refreshAfter;
			this.next = thread().schedule(this::refresh, delay.toMillis(), TimeUnit.MILLISECONDS);
		}
	}

	private void await(CompletableFuture<Void> fetch) throws JWKSetUnavailableException {
		try {
			fetch.get(this.maxWait.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (ExecutionException | TimeoutException ex) {
			logger.trace("The fetch did not end well", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new JWKSetUnavailableException("Interrupted", ex);
		}
	}

	/** Stop refreshing. */
	@Override
	public synchronized void close() {
		this.closed = true;
		if (this.thread != null) {
			this.thread.shutdownNow();
		}
	}

	/** The issuer identifier. */
	public String issuer() {
		return this.issuer;
	}

	public Status status() {
		Keys keys = this.keys;
		boolean usable = keys != null && !isOver(keys);
		if (this.outage != null) {
			return usable ? Status.LAST_GOOD : Status.UNAVAILABLE;
		}
		return usable ? Status.AVAILABLE : Status.NOT_ASKED;
	}

	/**
	 * Fetch keys if there are none.
	 * @return the status after that
	 */
	public Status probe() {
		try {
			serving();
		}
		catch (JWKSetUnavailableException ex) {
			logger.trace("Probe failed", ex);
		}
		return status();
	}

	/** The age of the keys, or {@code null} if there are none. */
	public @Nullable Duration age() {
		Keys keys = this.keys;
		return (keys != null) ? Duration.ofNanos(age(keys)) : null;
	}

	/** The duration of the outage, or {@code null} if the last fetch succeeded. */
	public @Nullable Duration outage() {
		Outage outage = this.outage;
		return (outage != null) ? Duration.ofNanos(this.ticker.read() - outage.began()) : null;
	}

	/** The number of successful fetches since the start. */
	public long fetches() {
		return this.fetches.sum();
	}

	/** The number of failed fetches since the start. */
	public long failures() {
		return this.failures.sum();
	}

	/** Keys, and the time of the request for them. */
	private record Keys(JWKSet set, long requested) {
	}

	private record Outage(long began, long lastTry, String reason) {
	}

	/**
	 * Durations and intervals, all positive.
	 *
	 * @param cacheTtl how long fetched keys are used: a key that is withdrawn stops
	 * working within this time
	 * @param retryInterval the interval of fetches for unknown keys, and of attempts
	 * while the authorization server is down
	 * @param outageTolerance how long keys are used beyond {@code cacheTtl} while the
	 * authorization server is down
	 */
	public record Settings(Duration cacheTtl, Duration retryInterval, Duration outageTolerance) {
	}

	/** The status of keys. */
	public enum Status {

		/** No token has needed keys yet. */
		NOT_ASKED,

		/** There are keys. */
		AVAILABLE,

		/** The last good keys are used while the authorization server is down. */
		LAST_GOOD,

		/** There are no keys, so tokens cannot be checked. */
		UNAVAILABLE

	}

}
