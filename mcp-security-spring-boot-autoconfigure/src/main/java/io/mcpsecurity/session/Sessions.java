package io.mcpsecurity.session;

import java.time.Clock;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The sessions that were opened at this server, and the streams that are open in them.
 * <p>
 * {@link SessionOwners} decides which sessions there are. What it has forgotten is ended
 * here: in the MCP server's transport, which would keep it for ever, and in every stream.
 */
public final class Sessions {

	private static final Log logger = LogFactory.getLog(Sessions.class);

	private final SessionOwners owners;

	private final Consumer<String> transports;

	private final Executor executor;

	private final Clock clock;

	private final Set<String> ids = ConcurrentHashMap.newKeySet();

	private final Set<Entry> streams = ConcurrentHashMap.newKeySet();

	private final LongAdder deleted = new LongAdder();

	private final LongAdder forgotten = new LongAdder();

	/**
	 * Create without sessions.
	 * @param owners remembers whom they belong to
	 * @param transports ends a session, by its id, in the transports that have it
	 * @param executor ends sessions and streams, which can take as long as a connection
	 * takes
	 * @param clock tells when tokens expire
	 */
	public Sessions(SessionOwners owners, Consumer<String> transports, Executor executor, Clock clock) {
		this.owners = owners;
		this.transports = transports;
		this.executor = executor;
		this.clock = clock;
	}

	/**
	 * A session has been opened, and its client does not know the id yet.
	 * @param id its id
	 * @param owner whom it belongs to
	 */
	public void opened(String id, SessionOwner owner) {
		this.owners.open(id, owner);
		this.ids.add(id);
	}

	/**
	 * Whether a caller may use a session. One that was opened without a token becomes
	 * that of the first caller who uses it with one, and of nobody else: so a client can
	 * look around first and sign in later.
	 * @param id the id that the caller sent
	 * @param caller the caller
	 * @param anonymous who has no token at this MCP endpoint
	 */
	public boolean admits(String id, SessionOwner caller, SessionOwner anonymous) {
		return this.owners.use(id, caller) || (!caller.equals(anonymous) && this.owners.give(id, anonymous, caller));
	}

	/**
	 * A session has been ended by its owner, also in its transport.
	 * @param id its id
	 */
	public void deleted(String id) {
		this.owners.close(id);
		if (this.ids.remove(id)) {
			this.deleted.increment();
		}
		this.streams.stream().filter((stream) -> id.equals(stream.sessionId)).forEach(this::end);
	}

	/**
	 * A stream is about to be opened.
	 * @param stream the stream
	 * @param sessionId the session that it is part of, or {@code null}
	 * @param owner whose token it is opened with
	 * @param expiry when that token is not good any more, or {@code null} if never
	 * @return to be run when the stream has come to its end
	 */
	public Runnable opened(OpenStream stream, @Nullable String sessionId, SessionOwner owner,
			@Nullable Instant expiry) {
		Entry entry = new Entry(stream, sessionId, owner, expiry);
		this.streams.add(entry);
		return () -> this.streams.remove(entry);
	}

	/**
	 * End the streams whose token or session is over, and the sessions that are forgotten
	 * but still kept elsewhere. An open stream is use of its session.
	 */
	public void check() {
		Instant now = this.clock.instant();
		for (Entry stream : this.streams) {
			guarded(() -> {
				if (stream.expiredAt(now)
						|| (stream.sessionId != null && !this.owners.use(stream.sessionId, stream.owner))) {
					end(stream);
				}
			});
		}
		for (String id : this.ids) {
			guarded(() -> {
				if (!this.owners.contains(id) && this.ids.remove(id)) {
					this.forgotten.increment();
					this.executor.execute(() -> guarded(() -> this.transports.accept(id)));
				}
			});
		}
	}

	private void end(Entry stream) {
		if (this.streams.remove(stream)) {
			stream.stream.stop();
			this.executor.execute(() -> guarded(stream.stream::end));
		}
	}

	/**
	 * One that fails must not keep the others.
	 */
	private static void guarded(Runnable action) {
		try {
			action.run();
		}
		catch (RuntimeException ex) {
			logger.error("A session could not be looked after: " + ex.getClass().getName());
		}
	}

	/**
	 * How many sessions there are.
	 */
	public int size() {
		return this.ids.size();
	}

	/**
	 * How many streams are open, and requests under way that could become one.
	 */
	public int streams() {
		return this.streams.size();
	}

	/**
	 * How many sessions were ended by their owners, since the start.
	 */
	public long deleted() {
		return this.deleted.sum();
	}

	/**
	 * How many sessions were forgotten, since the start.
	 */
	public long forgotten() {
		return this.forgotten.sum();
	}

	/**
	 * A stream. (No record: it is the same only as itself.)
	 */
	private static final class Entry {

		private final OpenStream stream;

		private final @Nullable String sessionId;

		private final SessionOwner owner;

		private final @Nullable Instant expiry;

		Entry(OpenStream stream, @Nullable String sessionId, SessionOwner owner, @Nullable Instant expiry) {
			this.stream = stream;
			this.sessionId = sessionId;
			this.owner = owner;
			this.expiry = expiry;
		}

		boolean expiredAt(Instant now) {
			return this.expiry != null && now.isAfter(this.expiry);
		}

	}

}
