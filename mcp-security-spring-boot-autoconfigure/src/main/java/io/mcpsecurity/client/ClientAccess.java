package io.mcpsecurity.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

import io.mcpsecurity.McpCaller;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether requests of a client are accepted at all. A client is refused if it is
 * denied, by configuration or at run time, or if the configuration allows certain clients
 * and it is not one of them. A denial at run time applies to the next request on this
 * instance, and within the refresh interval on other instances with the same store.
 * <p>
 * While the store is unavailable, the denials that were read last still apply. If the
 * store was never read, all requests with a caller are refused.
 */
public final class ClientAccess {

	private static final Log logger = LogFactory.getLog(ClientAccess.class);

	private final List<ClientPattern> allowed;

	private final List<ClientPattern> denied;

	private final ClientDenials store;

	private final long refreshInterval;

	private final LongSupplier nanos;

	private final ReentrantLock refreshing = new ReentrantLock();

	private volatile @Nullable Known known;

	private volatile boolean failing;

	/** The number of invalid entries in the store; guarded by refreshing. */
	private int invalid;

	/**
	 * Create the access control for clients.
	 * @param allowed the clients that are allowed; empty for all
	 * @param denied the clients that are denied
	 * @param store the clients that are denied at run time
	 * @param refreshInterval how long the content of the store is cached, positive
	 */
	public ClientAccess(List<ClientPattern> allowed, List<ClientPattern> denied, ClientDenials store,
			Duration refreshInterval) {
		this(allowed, denied, store, refreshInterval, System::nanoTime);
	}

	ClientAccess(List<ClientPattern> allowed, List<ClientPattern> denied, ClientDenials store, Duration refreshInterval,
			LongSupplier nanos) {
		this.allowed = List.copyOf(allowed);
		this.denied = List.copyOf(denied);
		this.store = store;
		this.refreshInterval = refreshInterval.toNanos();
		this.nanos = nanos;
	}

	/** The decision about the requests of a caller. */
	public Verdict decide(McpCaller caller) {
		if (matches(this.denied, caller) || (!this.allowed.isEmpty() && !matches(this.allowed, caller))) {
			return Verdict.DENIED;
		}
		Known current = current();
		if (current == null) {
			return Verdict.UNKNOWN;
		}
		return matches(current.denied(), caller) ? Verdict.DENIED : Verdict.ACCEPTED;
	}

	private static boolean matches(List<ClientPattern> patterns, McpCaller caller) {
		return patterns.stream().anyMatch((pattern) -> pattern.matches(caller));
	}

	/**
	 * Read the store before the first request, so that a log message says if it cannot be
	 * read.
	 */
	public void read() {
		current();
	}

	/**
	 * The cached content of the store, or {@code null} if it was never read. One request
	 * at a time refreshes it. Other requests use the cached content, or wait if there is
	 * none.
	 */
	private @Nullable Known current() {
		Known known = this.known;
		if (known != null && (isFresh(known) || !this.refreshing.tryLock())) {
			return known;
		}
		if (known == null) {
			this.refreshing.lock();
		}
		try {
			known = this.known;
			if (known == null || !isFresh(known)) {
				refresh();
			}
			return this.known;
		}
		finally {
			this.refreshing.unlock();
		}
	}

	private boolean isFresh(Known known) {
		return this.nanos.getAsLong() - known.read() < this.refreshInterval;
	}

	private void refresh() {
		long start = this.nanos.getAsLong();
		try {
			this.known = new Known(readable(this.store.all()), start);
			if (this.failing) {
				this.failing = false;
				logger.info("The store of denied clients can be read again");
			}
		}
		catch (RuntimeException ex) {
			Known last = this.known;
			if (last != null) {
				this.known = new Known(last.denied(), start);
			}
			if (!this.failing) {
				this.failing = true;
				logger.warn((last != null)
						? "The store of denied clients cannot be read, the entries that were read last still apply"
						: "The store of denied clients cannot be read: every request with a token gets 503 until it can",
						ex);
			}
		}
	}

	/**
	 * Entries that are not valid patterns, for example because they were added manually,
	 * are ignored, so that the other entries still apply.
	 */
	private List<ClientPattern> readable(Set<String> texts) {
		List<ClientPattern> patterns = new ArrayList<>();
		int invalid = 0;
		for (String text : texts) {
			try {
				patterns.add(ClientPattern.of(text));
			}
			catch (IllegalArgumentException ex) {
				invalid++;
			}
		}
		if (invalid != this.invalid) {
			this.invalid = invalid;
			logger.warn(
					"Entries of the store of denied clients that are ignored because they are not client ids or patterns: "
							+ invalid);
		}
		return List.copyOf(patterns);
	}

	/**
	 * Deny a client from now on.
	 * @throws IllegalArgumentException if it is not a client id or pattern
	 */
	public void deny(String client) {
		change(ClientPattern.of(client), true);
	}

	/**
	 * Remove a denial that was made at run time. Denials in the configuration are not
	 * affected.
	 * @throws IllegalArgumentException if it is not a client id or pattern
	 */
	public void undo(String client) {
		change(ClientPattern.of(client), false);
	}

	private void change(ClientPattern client, boolean deny) {
		this.refreshing.lock();
		try {
			if (deny) {
				this.store.add(client.toString());
			}
			else {
				this.store.remove(client.toString());
			}
			logger.warn("%s is %s".formatted(client, deny ? "denied from now on" : "no longer denied"));
			refresh();
		}
		finally {
			this.refreshing.unlock();
		}
	}

	/** The clients that configuration allows; empty for all. */
	public List<String> allowed() {
		return this.allowed.stream().map(ClientPattern::toString).toList();
	}

	/** The clients that configuration denies. */
	public List<String> denied() {
		return this.denied.stream().map(ClientPattern::toString).toList();
	}

	/** The clients that are denied at run time, as far as the store could be read. */
	public Set<String> deniedAtRunTime() {
		Known current = current();
		return (current != null) ? new TreeSet<>(current.denied().stream().map(ClientPattern::toString).toList())
				: Set.of();
	}

	/** The decision about the requests of a caller. */
	public enum Verdict {

		/** Requests are accepted. */
		ACCEPTED,

		/** Requests are refused. */
		DENIED,

		/** The store was never read, so the decision is unknown. */
		UNKNOWN

	}

	private record Known(List<ClientPattern> denied, long read) {
	}

}
