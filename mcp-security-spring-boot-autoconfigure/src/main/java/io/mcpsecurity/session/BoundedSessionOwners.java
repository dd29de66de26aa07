package io.mcpsecurity.session;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Ticker;
import org.jspecify.annotations.Nullable;

/**
 * Remembers sessions in memory, a bounded number of them and not longer than they are
 * used. Whoever opens one too many loses the one that he has not used for longest; only
 * when there is no room at all is one of another owner forgotten.
 */
public final class BoundedSessionOwners implements SessionOwners {

	private final Cache<String, Session> sessions;

	private final ConcurrentMap<SessionOwner, Set<String>> byOwner = new ConcurrentHashMap<>();

	private final Settings settings;

	private final Ticker ticker;

	/**
	 * Create an empty memory.
	 */
	public BoundedSessionOwners(Settings settings) {
		this(settings, Ticker.systemTicker());
	}

	BoundedSessionOwners(Settings settings, Ticker ticker) {
		this.settings = settings;
		this.ticker = ticker;
		this.sessions = Caffeine.newBuilder()
			.maximumSize(settings.max())
			.expireAfterAccess(settings.idleTimeout())
			.ticker(ticker)
			// Looked after by the requests themselves: no threads of its own.
			.executor(Runnable::run)
			.removalListener(
					(@Nullable String id, @Nullable Session session, RemovalCause cause) -> forget(id, session))
			.build();
	}

	@Override
	public void open(String sessionId, SessionOwner owner) {
		this.sessions.put(sessionId, new Session(owner, this.ticker.read()));
		note(sessionId, owner);
	}

	@Override
	public boolean use(String sessionId, SessionOwner owner) {
		Session session = find(sessionId);
		if (session == null || !session.owner.equals(owner)) {
			return false;
		}
		session.lastUse = this.ticker.read();
		return this.sessions.getIfPresent(sessionId) == session;
	}

	@Override
	public boolean give(String sessionId, SessionOwner from, SessionOwner to) {
		Session session = find(sessionId);
		if (session == null || !session.owner.equals(from)
				|| !this.sessions.asMap().replace(sessionId, session, new Session(to, this.ticker.read()))) {
			return false;
		}
		note(sessionId, to);
		return true;
	}

	@Override
	public boolean contains(String sessionId) {
		return find(sessionId) != null;
	}

	@Override
	public void close(String sessionId) {
		this.sessions.invalidate(sessionId);
	}

	/**
	 * How many sessions are remembered, about.
	 */
	long size() {
		this.sessions.cleanUp();
		return this.sessions.estimatedSize();
	}

	/**
	 * How many owners have sessions.
	 */
	int owners() {
		return this.byOwner.size();
	}

	private @Nullable Session find(String sessionId) {
		return this.sessions.policy().getIfPresentQuietly(sessionId);
	}

	private void note(String sessionId, SessionOwner owner) {
		String[] surplus = new String[1];
		this.byOwner.compute(owner, (key, known) -> {
			Set<String> ids = (known != null) ? known : new LinkedHashSet<>();
			ids.add(sessionId);
			surplus[0] = (ids.size() > this.settings.maxPerCaller()) ? longestUnused(ids, sessionId) : null;
			return ids;
		});
		if (surplus[0] != null) {
			this.sessions.invalidate(surplus[0]);
			// In case that it was not there any more.
			forget(surplus[0], owner);
		}
		if (!contains(sessionId)) {
			forget(sessionId, owner);
		}
	}

	private @Nullable String longestUnused(Set<String> ids, String except) {
		String oldest = null;
		long longest = Long.MIN_VALUE;
		for (String id : ids) {
			Session session = find(id);
			long unused = (session != null) ? this.ticker.read() - session.lastUse : Long.MAX_VALUE;
			if (!id.equals(except) && unused > longest) {
				oldest = id;
				longest = unused;
			}
		}
		return oldest;
	}

	private void forget(@Nullable String sessionId, @Nullable Session session) {
		if (sessionId != null && session != null) {
			forget(sessionId, session.owner);
		}
	}

	private void forget(String sessionId, SessionOwner owner) {
		this.byOwner.computeIfPresent(owner, (key, ids) -> {
			ids.remove(sessionId);
			return ids.isEmpty() ? null : ids;
		});
	}

	/**
	 * How many sessions are remembered, and how long.
	 *
	 * @param max the most of all together
	 * @param maxPerCaller the most of one owner
	 * @param idleTimeout how long one is remembered that is not used
	 */
	public record Settings(int max, int maxPerCaller, Duration idleTimeout) {
	}

	/**
	 * A session. (No record: it is the same only as itself.)
	 */
	private static final class Session {

		private final SessionOwner owner;

		private volatile long lastUse;

		Session(SessionOwner owner, long lastUse) {
			this.owner = owner;
			this.lastUse = lastUse;
		}

	}

}
