package io.mcpsecurity.transport;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.exchange.McpExchange.Client;
import io.mcpsecurity.test.MutableClock;
import io.modelcontextprotocol.spec.McpSchema.ClientCapabilities;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whom sessions belong to, and when they and their streams end.
 */
class SessionsTests {

	private static final String RESOURCE = "https://mcp.example.com/mcp";

	private static final Duration IDLE = Duration.ofHours(1);

	private static final SessionOwner ALICE = owner("alice");

	private static final SessionOwner BOB = owner("bob");

	private static final SessionOwner ANONYMOUS = SessionOwner.anonymous(RESOURCE, "192.0.2.1");

	private final MutableClock clock = new MutableClock();

	private final List<String> closed = new ArrayList<>();

	private final List<String> denied = new ArrayList<>();

	private final Sessions sessions = sessions(1000, 3);

	private final StreamableTransport transport = new StreamableTransport(JsonMapper.shared(), this.sessions, false);

	@Test
	void sessionBelongsToOwnerUntilDeleted() {
		McpSession session = open("a", ALICE);
		assertThat(find("a", ALICE)).isSameAs(session);
		assertThat(find("a", BOB)).isNull();
		assertThat(find("b", ALICE)).isNull();
		this.sessions.delete(session);
		assertThat(find("a", ALICE)).isNull();
		assertThat(this.sessions.owners()).isZero();
		assertThat(this.sessions.deleted()).isEqualTo(1);
		assertThat(this.sessions.expired()).isZero();
		assertThat(this.closed).containsExactly("a");
		this.sessions.delete(session);
		assertThat(this.sessions.deleted()).isEqualTo(1);
		assertThat(this.closed).containsExactly("a");
	}

	@Test
	void idleSessionExpires() {
		open("a", ALICE);
		for (int i = 0; i < 5; i++) {
			this.clock.advance(IDLE.minusSeconds(1));
			assertThat(find("a", ALICE)).isNotNull();
		}
		this.clock.advance(IDLE);
		assertThat(find("a", ALICE)).isNull();
		this.sessions.check();
		assertThat(this.sessions.size()).isZero();
		assertThat(this.sessions.owners()).isZero();
		assertThat(this.sessions.expired()).isEqualTo(1);
		assertThat(this.closed).containsExactly("a");
	}

	@Test
	void requestsOfOtherOwnersDoNotExtendSession() {
		open("a", ALICE);
		this.clock.advance(IDLE.minusSeconds(1));
		assertThat(find("a", BOB)).isNull();
		assertThat(find("a", ANONYMOUS)).isNull();
		this.clock.advance(Duration.ofSeconds(1));
		this.sessions.check();
		assertThat(this.closed).containsExactly("a");
	}

	@Test
	void whenOwnerExceedsMaxSessionsThenLeastRecentlyUsedIsClosed() {
		open("of bob", BOB);
		for (String id : List.of("a", "b", "c")) {
			this.clock.advance(Duration.ofSeconds(1));
			open(id, ALICE);
		}
		this.clock.advance(Duration.ofSeconds(1));
		assertThat(find("a", ALICE)).isNotNull();
		open("d", ALICE);
		assertThat(this.closed).containsExactly("b");
		assertThat(List.of("a", "c", "d")).allMatch((id) -> find(id, ALICE) != null);
		for (int i = 0; i < 10000; i++) {
			open("more" + i, ALICE);
		}
		assertThat(this.sessions.size()).isEqualTo(4);
		assertThat(this.sessions.expired()).isEqualTo(10001);
		assertThat(this.closed).hasSize(10001).doesNotContain("of bob");
		assertThat(find("of bob", BOB)).isNotNull();
	}

	@Test
	void totalNumberOfSessionsIsLimited() {
		Sessions few = sessions(50, 10);
		for (int i = 0; i < 5000; i++) {
			few.open(session("session" + i, owner("subject" + i)));
		}
		assertThat(few.size()).isLessThanOrEqualTo(50);
		assertThat(few.owners()).isLessThanOrEqualTo(50);
		assertThat(this.closed).hasSize(5000 - few.size());
	}

	@Test
	void anonymousSessionIsAssignedOnceAndNeverBecomesAnonymous() {
		open("a", ANONYMOUS);
		assertThat(find("a", ANONYMOUS)).isNotNull();
		assertThat(find("a", ALICE)).isNotNull();
		assertThat(find("a", BOB)).isNull();
		assertThat(find("a", ANONYMOUS)).isNull();
		open("b", ALICE);
		assertThat(find("b", ANONYMOUS)).isNull();
		assertThat(this.sessions.owners()).isEqualTo(1);
	}

	@Test
	void sessionsWithoutATokenEndNoneOfACaller() {
		Sessions few = sessions(40, 10);
		for (int i = 0; i < 30; i++) {
			few.open(session("session" + i, owner("subject" + i)));
		}
		for (int i = 0; i < 1000; i++) {
			few.open(session("anonymous" + i, SessionOwner.anonymous(RESOURCE, "10.0." + i / 100 + "." + i % 100)));
		}
		for (int i = 0; i < 30; i++) {
			assertThat(few.find("session" + i, owner("subject" + i))).isNotNull();
		}
		for (int i = 990; i < 1000; i++) {
			assertThat(few.find("anonymous" + i, ANONYMOUS)).isNotNull();
		}
		assertThat(few.size()).isEqualTo(40);
		assertThat(few.owners()).isEqualTo(40);
		assertThat(few.expired()).isEqualTo(990);
	}

	@Test
	void anonymousSessionThatIsAssignedCountsForItsCaller() {
		Sessions few = sessions(40, 1000);
		for (int i = 0; i < 100; i++) {
			few.open(session("session" + i, ANONYMOUS));
			few.find("session" + i, ALICE);
		}
		assertThat(few.size()).isBetween(25, 30);
		assertThat(few.owners()).isEqualTo(1);
	}

	@Test
	void concurrentCallersGetAnonymousSessionOnlyOnce() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(4);
		Sessions many = sessions(1000, 1000);
		for (int round = 0; round < 200; round++) {
			String id = "session" + round;
			many.open(session(id, ANONYMOUS));
			CountDownLatch start = new CountDownLatch(1);
			List<Future<Boolean>> given = new ArrayList<>();
			for (int i = 0; i < 4; i++) {
				SessionOwner to = owner("subject" + i);
				given.add(threads.submit(() -> {
					start.await();
					return many.find(id, to) != null;
				}));
			}
			start.countDown();
			int winners = 0;
			for (Future<Boolean> one : given) {
				winners += one.get(30, TimeUnit.SECONDS) ? 1 : 0;
			}
			assertThat(winners).isEqualTo(1);
			assertThat(many.find(id, ANONYMOUS)).isNull();
		}
		threads.shutdown();
		assertThat(many.owners()).isLessThanOrEqualTo(4);
	}

	@Test
	void streamEndsAfterTokenExpires() {
		McpSession session = open("a", ALICE);
		TestStream first = opened(session, Duration.ofMinutes(1));
		TestStream second = opened(session, Duration.ofMinutes(2));
		TestStream unlimited = opened(session, null);
		this.clock.advance(Duration.ofMinutes(1));
		this.sessions.check();
		assertThat(List.of(first, second, unlimited)).allMatch((stream) -> stream.ends == 0);
		this.clock.advance(Duration.ofMillis(1));
		this.sessions.check();
		assertThat(first.ends).isPositive();
		assertThat(second.ends + unlimited.ends).isZero();
		session.closed(first);
		assertThat(this.sessions.streams()).isEqualTo(2);
		assertThat(find("a", ALICE)).isNotNull();
	}

	@Test
	void streamsOfDeniedClientEnd() {
		TestStream stream = opened(open("a", ALICE), null);
		this.sessions.check();
		assertThat(stream.ends).isZero();
		this.denied.add("alice");
		this.sessions.check();
		assertThat(stream.ends).isPositive();
	}

	@Test
	void closedStreamIsNotEnded() {
		McpSession session = open("a", ALICE);
		TestStream stream = opened(session, Duration.ZERO);
		session.closed(stream);
		this.clock.advance(Duration.ofMinutes(1));
		this.sessions.check();
		assertThat(stream.ends).isZero();
		assertThat(this.sessions.streams()).isZero();
	}

	@Test
	void openStreamKeepsSessionAlive() {
		TestStream stream = opened(open("a", ALICE), Duration.ofDays(1));
		open("b", ALICE);
		for (int i = 0; i < 5; i++) {
			this.clock.advance(Duration.ofMinutes(59));
			this.sessions.check();
		}
		assertThat(stream.ends).isZero();
		assertThat(find("a", ALICE)).isNotNull();
		assertThat(this.closed).containsExactly("b");
		assertThat(this.sessions.size()).isEqualTo(1);
		assertThat(this.sessions.expired()).isEqualTo(1);
	}

	@Test
	void streamsEndWithSession() {
		McpSession session = open("a", ALICE);
		TestStream ofA = opened(session, Duration.ofDays(1));
		TestStream ofB = opened(open("b", ALICE), Duration.ofDays(1));
		this.sessions.delete(session);
		assertThat(ofA.ends).isEqualTo(1);
		assertThat(ofB.ends).isZero();
		TestStream late = opened(session, Duration.ofDays(1));
		assertThat(late.ends).as("opened in a session that is over").isEqualTo(1);
	}

	@Test
	void sessionsEndWhenApplicationStops() {
		TestStream stream = opened(open("a", ALICE), null);
		this.sessions.stop();
		assertThat(stream.ends).isEqualTo(1);
		assertThat(this.sessions.size()).isZero();
		assertThat(this.sessions.expired()).isZero();
		open("late", ALICE);
		assertThat(this.sessions.size()).isZero();
		assertThat(this.closed).containsExactly("a", "late");
	}

	@Test
	void failingStreamDoesNotPreventEndOfOthers() {
		McpSession session = open("a", ALICE);
		for (int i = 0; i < 10; i++) {
			session.opened(new FailingStream());
		}
		TestStream last = opened(session, Duration.ZERO);
		this.clock.advance(Duration.ofSeconds(1));
		this.sessions.check();
		assertThat(last.ends).isEqualTo(1);
		this.sessions.delete(session);
		assertThat(last.ends).isEqualTo(2);
	}

	@Test
	void pendingRequestIsRemovedOnceAndOnlyWhileItsStreamIsOpen() {
		McpSession session = open("a", ALICE);
		TestStream stream = opened(session, null);
		session.addPending("1", stream);
		session.addPending("2", stream);
		assertThat(session.removePending("other")).isFalse();
		assertThat(session.removePending("1")).isTrue();
		assertThat(session.removePending("1")).isFalse();
		session.closed(stream);
		assertThat(session.removePending("2")).as("asked on a stream that has ended").isFalse();
	}

	@Test
	void numberOfPendingRequestsIsLimited() {
		McpSession session = open("a", ALICE);
		for (int i = 0; i < 5000; i++) {
			session.addPending(i, this);
		}
		assertThat(session.removePending(0)).isFalse();
		assertThat(session.removePending(3999)).isFalse();
		assertThat(session.removePending(4000)).isTrue();
		assertThat(session.removePending(4999)).isTrue();
	}

	@Test
	void ownersDifferByEveryComponent() {
		assertThat(Set.of(owner("alice"), owner("bob"), owner("i", "alice", null), owner("i", "alice", ""),
				owner("i", "alice", "c"), owner("j", "alice", "c"), owner("i", "alicec", ""), owner("ia", "lice", "c"),
				ANONYMOUS, SessionOwner.anonymous("https://other.example", "192.0.2.1"),
				SessionOwner.anonymous(RESOURCE, "192.0.2.2"),
				SessionOwner.of(McpCaller.builder("alice", "i", "https://other").client("c").build())))
			.hasSize(12);
		assertThat(Set.of(owner("alice"), bound(Map.of("jkt", "a")), bound(Map.of("jkt", "b")),
				bound(Map.of("x5t#S256", "a")), bound(Map.of("jkt", "a", "x5t#S256", "a"))))
			.hasSize(5);
		assertThat(bound(Map.of("jkt", "a"))).isEqualTo(bound(Map.of("jkt", "a")));
		assertThat(owner("i", "alice", "c")).isEqualTo(owner("i", "alice", "c"));
		assertThat(owner("alice").value()).matches("[0-9a-f]{64}");
	}

	@Test
	void anonymousSessionsAreLimitedByAddressAndUsableFromOtherAddresses() {
		SessionOwner elsewhere = SessionOwner.anonymous(RESOURCE, "192.0.2.2");
		McpSession session = open("a", ANONYMOUS);
		for (int i = 0; i < 10; i++) {
			open("elsewhere" + i, elsewhere);
		}
		assertThat(this.sessions.size()).isEqualTo(4);
		assertThat(find("a", elsewhere)).isSameAs(session);
		assertThat(find("a", SessionOwner.anonymous("https://other.example", "192.0.2.1"))).isNull();
		assertThat(find("a", ALICE)).isSameAs(session);
		assertThat(find("a", ANONYMOUS)).isNull();
	}

	private Sessions sessions(int max, int maxPerCaller) {
		return new Sessions(new Sessions.Bounds(max, max / 4, maxPerCaller, IDLE),
				(caller) -> this.denied.contains(caller.subject()),
				() -> this.clock.instant().toEpochMilli() * 1_000_000, this.clock);
	}

	private McpSession open(String id, SessionOwner owner) {
		McpSession session = session(id, owner);
		this.sessions.open(session);
		return session;
	}

	private McpSession session(String id, SessionOwner owner) {
		return new McpSession(
				new McpStreamableServerSession(id, ClientCapabilities.builder().build(),
						Implementation.builder("test", "1").build(), Duration.ofSeconds(1), Map.of(), Map.of(),
						() -> Mono.fromRunnable(() -> this.closed.add(id))),
				new Client("test", "1"), owner, this.transport);
	}

	private @Nullable McpSession find(String id, SessionOwner caller) {
		return this.sessions.find(id, caller);
	}

	private TestStream opened(McpSession session, @Nullable Duration lifetime) {
		TestStream stream = new TestStream((lifetime != null) ? this.clock.instant().plus(lifetime) : null);
		session.opened(stream);
		return stream;
	}

	private static McpCaller caller(String subject) {
		return McpCaller.builder(subject, "https://issuer.example", RESOURCE).client("client").build();
	}

	private static SessionOwner bound(Map<String, Object> confirmation) {
		return SessionOwner
			.of(McpCaller.builder("alice", "i", RESOURCE).client("c").claims(Map.of("cnf", confirmation)).build());
	}

	private static SessionOwner owner(String subject) {
		return SessionOwner.of(caller(subject));
	}

	private static SessionOwner owner(String issuer, String subject, @Nullable String client) {
		return SessionOwner.of(McpCaller.builder(subject, issuer, RESOURCE).client(client).build());
	}

	private static final class TestStream implements OpenStream {

		private final @Nullable Instant expiry;

		private int ends;

		TestStream(@Nullable Instant expiry) {
			this.expiry = expiry;
		}

		@Override
		public void end() {
			this.ends++;
		}

		@Override
		public McpCaller caller() {
			return SessionsTests.caller("alice");
		}

		@Override
		public @Nullable Instant expiry() {
			return this.expiry;
		}

	}

	private static final class FailingStream implements OpenStream {

		@Override
		public void end() {
			throw new IllegalStateException("broken");
		}

		@Override
		public @Nullable McpCaller caller() {
			return null;
		}

		@Override
		public Instant expiry() {
			return Instant.EPOCH;
		}

	}

}
