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
 * Whether a client may come at all. It may not if it is denied, by configuration or since
 * the start; and where configuration allows some clients, only they may. A change that is
 * made here holds for the next request; one that another server has made in the common
 * store, within the refresh interval.
 * <p>
 * While the store fails, what was known last holds on. A server that has never reached it
 * lets nobody in.
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

	/** How many entries of the store nobody can read; guarded by refreshing. */
	private int odd;

	/**
	 * Create it.
	 * @param allowed the clients that may come; empty for all
	 * @param denied the clients that may not
	 * @param store the clients that were denied since
	 * @param refreshInterval how old what is known of the store may be, positive
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

	/**
	 * What becomes of a caller's requests.
	 */
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
		for (ClientPattern pattern : patterns) {
			if (pattern.matches(caller)) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Read the store before the first request, so that a log message says if it cannot be
	 * read.
	 */
	public void read() {
		current();
	}

	/**
	 * What is known of the store, or {@code null} when nothing is. One request at a time
	 * reads it; others take what is known, unless nothing is.
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
		long asked = this.nanos.getAsLong();
		try {
			this.known = new Known(readable(this.store.all()), asked);
			if (this.failing) {
				this.failing = false;
				logger.info("The store of denied clients can be read again");
			}
		}
		catch (RuntimeException ex) {
			Known last = this.known;
			if (last != null) {
				this.known = new Known(last.denied(), asked);
			}
			if (!this.failing) {
				this.failing = true;
				logger.warn((last != null) ? "The store of denied clients cannot be read, what was read last holds on"
						: "The store of denied clients cannot be read: every request with a token gets 503 until it can",
						ex);
			}
		}
	}

	/**
	 * What is no pattern, as somebody may have written it into a store by hand, names
	 * nobody and must not keep the others from being known.
	 */
	private List<ClientPattern> readable(Set<String> texts) {
		List<ClientPattern> patterns = new ArrayList<>();
		int odd = 0;
		for (String text : texts) {
			try {
				patterns.add(ClientPattern.of(text));
			}
			catch (IllegalArgumentException ex) {
				odd++;
			}
		}
		if (odd != this.odd) {
			this.odd = odd;
			logger.warn("Entries of the store of denied clients that are no client ids or patterns, and deny nobody: "
					+ odd);
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
	 * Undo a denial that was made since the start. What configuration denies stays
	 * denied.
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

	/**
	 * What holds at the moment.
	 */
	public Description describe() {
		Known current = current();
		return new Description(this.allowed.stream().map(ClientPattern::toString).toList(),
				this.denied.stream().map(ClientPattern::toString).toList(), (current != null)
						? new TreeSet<>(current.denied().stream().map(ClientPattern::toString).toList()) : Set.of());
	}

	/**
	 * What becomes of a caller's requests.
	 */
	public enum Verdict {

		/** They are looked at. */
		ACCEPTED,

		/** They are refused. */
		DENIED,

		/** It cannot be found out. */
		UNKNOWN

	}

	/**
	 * What holds.
	 *
	 * @param allow the clients that configuration allows; empty for all
	 * @param deny the clients that configuration denies
	 * @param denied the clients that were denied since
	 */
	public record Description(List<String> allow, List<String> deny, Set<String> denied) {
	}

	private record Known(List<ClientPattern> denied, long read) {
	}

}
