package io.mcpsecurity.session;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is remembered of sessions, of whom and how long.
 */
class BoundedSessionOwnersTests {

	private static final Duration IDLE = Duration.ofHours(1);

	private final AtomicLong nanos = new AtomicLong();

	private final BoundedSessionOwners owners = owners(1000, 3);

	private final SessionOwner alice = owner("alice");

	private final SessionOwner bob = owner("bob");

	@Test
	void aSessionIsOfWhoHasOpenedIt() {
		this.owners.open("a", this.alice);
		assertThat(this.owners.use("a", this.alice)).isTrue();
		assertThat(this.owners.use("a", this.bob)).isFalse();
		assertThat(this.owners.use("b", this.alice)).isFalse();
		this.owners.close("a");
		assertThat(this.owners.use("a", this.alice)).isFalse();
		assertThat(this.owners.owners()).isZero();
	}

	@Test
	void isForgottenWhenItIsNotUsed() {
		this.owners.open("a", this.alice);
		for (int i = 0; i < 5; i++) {
			pass(IDLE.minusSeconds(1));
			assertThat(this.owners.use("a", this.alice)).isTrue();
		}
		pass(IDLE);
		assertThat(this.owners.contains("a")).isFalse();
		assertThat(this.owners.use("a", this.alice)).isFalse();
		assertThat(this.owners.size()).isZero();
		assertThat(this.owners.owners()).isZero();
	}

	@Test
	void neitherOthersNorWhoeverLooksKeepItAlive() {
		this.owners.open("a", this.alice);
		pass(IDLE.minusSeconds(1));
		assertThat(this.owners.use("a", this.bob)).isFalse();
		assertThat(this.owners.give("a", this.bob, this.alice)).isFalse();
		assertThat(this.owners.contains("a")).isTrue();
		pass(Duration.ofSeconds(1));
		assertThat(this.owners.contains("a")).isFalse();
	}

	@Test
	void whoOpensOneTooManyLosesTheOneThatWasNotUsedForLongest() {
		this.owners.open("of bob", this.bob);
		for (String id : List.of("a", "b", "c")) {
			pass(Duration.ofSeconds(1));
			this.owners.open(id, this.alice);
		}
		pass(Duration.ofSeconds(1));
		assertThat(this.owners.use("a", this.alice)).isTrue();
		this.owners.open("d", this.alice);
		assertThat(this.owners.contains("b")).isFalse();
		assertThat(List.of("a", "c", "d", "of bob")).allMatch(this.owners::contains);
		for (int i = 0; i < 10000; i++) {
			this.owners.open("more" + i, this.alice);
		}
		assertThat(this.owners.size()).isEqualTo(4);
		assertThat(this.owners.use("of bob", this.bob)).isTrue();
	}

	@Test
	void thereAreNeverMoreThanAllowed() {
		BoundedSessionOwners few = owners(50, 10);
		for (int i = 0; i < 5000; i++) {
			few.open("session" + i, owner("subject" + i));
		}
		assertThat(few.size()).isLessThanOrEqualTo(50);
		assertThat(few.owners()).isLessThanOrEqualTo(50);
	}

	@Test
	void aSessionIsGivenOnce() throws Exception {
		SessionOwner anonymous = SessionOwner.anonymous("https://mcp.example.com/mcp");
		ExecutorService threads = Executors.newFixedThreadPool(4);
		for (int round = 0; round < 200; round++) {
			String id = "session" + round;
			this.owners.open(id, anonymous);
			CountDownLatch start = new CountDownLatch(1);
			List<Future<Boolean>> given = new ArrayList<>();
			for (int i = 0; i < 4; i++) {
				SessionOwner to = owner("subject" + i);
				given.add(threads.submit(() -> {
					start.await();
					return this.owners.give(id, anonymous, to);
				}));
			}
			start.countDown();
			int winners = 0;
			for (Future<Boolean> one : given) {
				winners += one.get(30, TimeUnit.SECONDS) ? 1 : 0;
			}
			assertThat(winners).isEqualTo(1);
			assertThat(this.owners.use(id, anonymous)).isFalse();
		}
		threads.shutdown();
		assertThat(this.owners.owners()).isLessThanOrEqualTo(4);
	}

	@Test
	void ownersAreToldApartByEveryPart() {
		assertThat(Set.of(owner("alice"), owner("bob"), owner("i", "alice", null), owner("i", "alice", ""),
				owner("i", "alice", "c"), owner("j", "alice", "c"), owner("i", "alicec", ""), owner("ia", "lice", "c"),
				SessionOwner.anonymous("https://mcp.example.com/mcp"), SessionOwner.anonymous("https://other.example"),
				SessionOwner.of(new McpCaller("alice", "i", "c", List.of(), false, Set.of(), null, "https://other"))))
			.hasSize(11);
		assertThat(owner("i", "alice", "c")).isEqualTo(owner("i", "alice", "c"));
		assertThat(owner("alice").value()).matches("[0-9a-f]{64}");
	}

	private BoundedSessionOwners owners(int max, int maxPerCaller) {
		return new BoundedSessionOwners(new BoundedSessionOwners.Settings(max, maxPerCaller, IDLE), this.nanos::get);
	}

	private void pass(Duration time) {
		this.nanos.addAndGet(time.toNanos());
	}

	private static SessionOwner owner(String subject) {
		return owner("https://issuer.example", subject, "client");
	}

	private static SessionOwner owner(String issuer, String subject, @Nullable String client) {
		return SessionOwner.of(new McpCaller(subject, issuer, client, List.of(), false, Set.of(), null,
				"https://mcp.example.com/mcp"));
	}

}
