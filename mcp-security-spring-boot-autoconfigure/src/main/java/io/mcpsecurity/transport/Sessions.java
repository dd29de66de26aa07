package io.mcpsecurity.transport;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Ticker;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.message.JsonRpcErrorCode;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of all MCP endpoints: their owners, their limits, and the end of sessions
 * and streams. Only the owner can use a session (MCP Security Best Practices, "Session
 * Hijacking"); for all other callers it does not exist.
 * <p>
 * The number of sessions is limited, and idle sessions end. If an owner exceeds its
 * limit, its least recently used session ends. Sessions of other owners are evicted only
 * if the limit for all sessions is reached. Sessions without a token have a limit of
 * their own, so that anonymous clients cannot end the sessions of callers. A session with
 * an open stream is in use. A stream ends when the token that it was opened with expires,
 * when its client is denied, or when its session ends. This includes streams of MCP
 * 2026-07-28, which has no sessions.
 */
public final class Sessions {

	private static final Log logger = LogFactory.getLog(Sessions.class);

	/** Streams are probed once in this number of checks. */
	private static final int PROBE = 6;

	private final Cache<String, McpSession> sessions;

	private final ConcurrentMap<String, Set<String>> byOwner = new ConcurrentHashMap<>();

	/** The sessions without a token, the oldest first. */
	private final Set<String> anonymous = new LinkedHashSet<>();

	private final Bounds bounds;

	private final Predicate<McpCaller> denied;

	private final Ticker ticker;

	private final Clock clock;

	private final LongAdder deleted = new LongAdder();

	private final LongAdder expired = new LongAdder();

	/** The open streams that belong to no session. */
	private final Set<OpenStream> streams = ConcurrentHashMap.newKeySet();

	private int checks;

	private volatile boolean stopping;

	/**
	 * Create without sessions.
	 * @param bounds the limits of sessions
	 * @param denied whether the client of a caller is denied at the moment, or its API
	 * key is no longer accepted
	 */
	public Sessions(Bounds bounds, Predicate<McpCaller> denied) {
		this(bounds, denied, Ticker.systemTicker(), Clock.systemUTC());
	}

	Sessions(Bounds bounds, Predicate<McpCaller> denied, Ticker ticker, Clock clock) {
		this.bounds = bounds;
		this.denied = denied;
		this.ticker = ticker;
		this.clock = clock;
		this.sessions = Caffeine.newBuilder()
			.maximumWeight(bounds.max() - bounds.maxAnonymous())
			// An entry without weight is not evicted.
			.weigher((String id, McpSession session) -> session.owner().anonymous() ? 0 : 1)
			.expireAfterAccess(bounds.idleTimeout())
			.ticker(ticker)
			// Maintained by the threads of requests.
			.executor(Runnable::run)
			.removalListener(
					(@Nullable String id, @Nullable McpSession session, RemovalCause cause) -> removed(session, cause))
			.build();
	}

	/** Add a new session, before its client gets the id. */
	void open(McpSession session) {
		session.used(this.ticker.read());
		this.sessions.put(session.id(), session);
		note(session.id(), session.owner());
		if (session.owner().anonymous()) {
			noteAnonymous(session.id());
		}
		if (this.stopping) {
			this.sessions.invalidate(session.id());
		}
	}

	/**
	 * The session of a request. A session that was opened without a token is transferred
	 * to the first caller that uses it with a token, so that a client can start without a
	 * token and sign in later.
	 * @param id the id that the client sent
	 * @param caller the caller as an owner
	 * @return the session, or {@code null} if the caller has no such session
	 */
	@Nullable McpSession find(String id, SessionOwner caller) {
		McpSession session = this.sessions.policy().getIfPresentQuietly(id);
		if (session == null) {
			return null;
		}
		SessionOwner owner = session.owner();
		if (!owner.equals(caller)) {
			if (!owner.admits(caller)) {
				return null;
			}
			if (!caller.anonymous()) {
				if (!session.give(owner, caller)) {
					return null;
				}
				removeFromOwner(id, owner);
				// Weighs it again.
				this.sessions.asMap().replace(id, session, session);
				note(id, caller);
			}
		}
		session.used(this.ticker.read());
		return (this.sessions.getIfPresent(id) == session) ? session : null;
	}

	/** End a session at the request of its owner. */
	void delete(McpSession session) {
		if (this.sessions.asMap().remove(session.id(), session)) {
			this.deleted.increment();
		}
	}

	/**
	 * Add a stream that belongs to no session, and ends like those of sessions.
	 */
	void opened(OpenStream stream) {
		this.streams.add(stream);
		if (this.stopping) {
			guarded(stream::end);
		}
	}

	/**
	 * Remove a stream that belongs to no session, after it has ended.
	 */
	void closed(OpenStream stream) {
		this.streams.remove(stream);
	}

	private void removed(@Nullable McpSession session, RemovalCause cause) {
		if (session == null) {
			return;
		}
		removeFromOwner(session.id(), session.owner());
		if (cause != RemovalCause.EXPLICIT) {
			this.expired.increment();
		}
		guarded(session::close);
	}

	private void note(String sessionId, SessionOwner owner) {
		String[] surplus = new String[1];
		this.byOwner.compute(owner.value(), (key, known) -> {
			Set<String> ids = (known != null) ? known : new LinkedHashSet<>();
			ids.add(sessionId);
			surplus[0] = (ids.size() > this.bounds.maxPerCaller()) ? longestUnused(ids, sessionId) : null;
			return ids;
		});
		if (surplus[0] != null) {
			evict(surplus[0]);
			// In case the session had already ended.
			removeFromOwner(surplus[0], owner);
		}
		if (this.sessions.policy().getIfPresentQuietly(sessionId) == null) {
			removeFromOwner(sessionId, owner);
		}
	}

	private void noteAnonymous(String sessionId) {
		String surplus = null;
		synchronized (this.anonymous) {
			this.anonymous.add(sessionId);
			if (this.anonymous.size() > this.bounds.maxAnonymous()) {
				surplus = this.anonymous.iterator().next();
				this.anonymous.remove(surplus);
			}
		}
		if (surplus != null) {
			evict(surplus);
		}
	}

	private void evict(String sessionId) {
		if (this.sessions.asMap().remove(sessionId) != null) {
			this.expired.increment();
		}
	}

	private @Nullable String longestUnused(Set<String> ids, String except) {
		String oldest = null;
		long longest = Long.MIN_VALUE;
		for (String id : ids) {
			McpSession session = this.sessions.policy().getIfPresentQuietly(id);
			long unused = (session != null) ? this.ticker.read() - session.lastUse() : Long.MAX_VALUE;
			if (!id.equals(except) && unused > longest) {
				oldest = id;
				longest = unused;
			}
		}
		return oldest;
	}

	private void removeFromOwner(String sessionId, SessionOwner owner) {
		if (owner.anonymous()) {
			synchronized (this.anonymous) {
				this.anonymous.remove(sessionId);
			}
		}
		this.byOwner.computeIfPresent(owner.value(), (key, ids) -> {
			ids.remove(sessionId);
			return ids.isEmpty() ? null : ids;
		});
	}

	/**
	 * End streams whose token has expired or whose client is denied, and idle sessions.
	 * To be called periodically, by one thread.
	 */
	public void check() {
		Instant now = this.clock.instant();
		boolean probe = ++this.checks % PROBE == 0;
		for (McpSession session : this.sessions.asMap().values()) {
			if (check(session.streams(), now, probe)) {
				session.used(this.ticker.read());
				this.sessions.getIfPresent(session.id());
			}
		}
		check(this.streams, now, probe);
		this.sessions.cleanUp();
	}

	/**
	 * End the streams that are over.
	 * @return whether there are others
	 */
	private boolean check(Set<OpenStream> streams, Instant now, boolean probe) {
		boolean used = false;
		for (OpenStream stream : streams) {
			if (isOver(stream, now)) {
				guarded(stream::end);
			}
			else {
				used = true;
				if (probe) {
					guarded(stream::probe);
				}
			}
		}
		return used;
	}

	private boolean isOver(OpenStream stream, Instant now) {
		Instant expiry = stream.expiry();
		McpCaller caller = stream.caller();
		try {
			return (expiry != null && now.isAfter(expiry)) || (caller != null && this.denied.test(caller));
		}
		catch (RuntimeException ex) {
			logger.error("It could not be checked whether a caller is denied: " + ex.getClass().getName());
			return false;
		}
	}

	/** Ping all clients with an open stream, which keeps their connections alive. */
	public void keepAlive() {
		this.sessions.asMap().values().forEach(McpSession::ping);
	}

	/** End all sessions because the application stops. No new sessions are accepted. */
	public void stop() {
		this.stopping = true;
		this.sessions.invalidateAll();
		this.streams.forEach((stream) -> guarded(stream::end));
	}

	/** Accept sessions again after {@link #stop()}. */
	public void start() {
		this.stopping = false;
	}

	/** Whether the application stops. */
	boolean isStopping() {
		return this.stopping;
	}

	/** Run an action, and log its failure. */
	static void guarded(Runnable action) {
		try {
			action.run();
		}
		catch (RuntimeException ex) {
			logger.error("A session could not be ended: " + ex.getClass().getName());
		}
	}

	/**
	 * The refusal of a request for a session that does not exist for the caller: 404,
	 * after which clients open a new session (MCP 2025-11-25, Transports, "Session
	 * Management").
	 * @param id the request's id, or {@code null}
	 */
	static RefusedRequestException notFound(@Nullable Object id) {
		return new RefusedRequestException(HttpServletResponse.SC_NOT_FOUND, "session",
				JsonRpcErrorCode.SESSION_NOT_FOUND, "Session not found", id);
	}

	/** All sessions. */
	Collection<McpSession> all() {
		return List.copyOf(this.sessions.asMap().values());
	}

	/** The number of sessions. */
	public int size() {
		return this.sessions.asMap().size();
	}

	/** The number of owners with sessions. */
	int owners() {
		return this.byOwner.size();
	}

	/** The number of open streams. */
	public int streams() {
		return this.streams.size()
				+ this.sessions.asMap().values().stream().mapToInt((session) -> session.streams().size()).sum();
	}

	/** The number of sessions that their owners ended, since the start. */
	public long deleted() {
		return this.deleted.sum();
	}

	/**
	 * The number of sessions that ended because they were idle or a limit was reached,
	 * since the start.
	 */
	public long expired() {
		return this.expired.sum();
	}

	/**
	 * The limits of sessions.
	 *
	 * @param max the maximum number of all sessions
	 * @param maxAnonymous the part of it that is for sessions without a token
	 * @param maxPerCaller the maximum number of sessions of one owner
	 * @param idleTimeout the time after which an idle session ends
	 */
	public record Bounds(int max, int maxAnonymous, int maxPerCaller, Duration idleTimeout) {
	}

}
