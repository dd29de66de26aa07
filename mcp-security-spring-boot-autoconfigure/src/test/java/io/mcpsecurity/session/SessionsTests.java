package io.mcpsecurity.session;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.mcpsecurity.test.MutableClock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of streams and of the transport's sessions.
 */
class SessionsTests {

	private static final SessionOwner ALICE = new SessionOwner("alice");

	private static final SessionOwner BOB = new SessionOwner("bob");

	private static final SessionOwner NOBODY = new SessionOwner("nobody");

	private final MutableClock clock = new MutableClock();

	private final BoundedSessionOwners owners = new BoundedSessionOwners(
			new BoundedSessionOwners.Settings(100, 10, Duration.ofHours(1)),
			() -> this.clock.instant().toEpochMilli() * 1_000_000);

	private final List<String> ended = new ArrayList<>();

	private final Sessions sessions = new Sessions(this.owners, this.ended::add, Runnable::run, this.clock);

	@Test
	void aStreamEndsAfterItsTokenAndNotBefore() {
		this.sessions.opened("a", ALICE);
		TestStream first = open("a", ALICE, Duration.ofMinutes(1));
		TestStream second = open("a", ALICE, Duration.ofMinutes(2));
		TestStream third = open(null, ALICE, Duration.ofMinutes(1));
		this.clock.advance(Duration.ofMinutes(1));
		this.sessions.check();
		assertThat(List.of(first, second, third)).allMatch((stream) -> stream.told.isEmpty());
		this.clock.advance(Duration.ofMillis(1));
		this.sessions.check();
		this.sessions.check();
		assertThat(first.told).containsExactly("stop", "end");
		assertThat(third.told).containsExactly("stop", "end");
		assertThat(second.told).isEmpty();
		assertThat(this.sessions.streams()).isEqualTo(1);
		assertThat(this.sessions.admits("a", ALICE, NOBODY)).isTrue();
	}

	@Test
	void aStreamThatHasEndedByItselfIsLeftAlone() {
		TestStream stream = new TestStream();
		this.sessions.opened(stream, null, ALICE, this.clock.instant()).run();
		this.clock.advance(Duration.ofMinutes(1));
		this.sessions.check();
		assertThat(stream.told).isEmpty();
		assertThat(this.sessions.streams()).isZero();
	}

	@Test
	void anOpenStreamIsUseOfItsSession() {
		this.sessions.opened("a", ALICE);
		this.sessions.opened("b", ALICE);
		TestStream stream = open("a", ALICE, Duration.ofDays(1));
		for (int i = 0; i < 5; i++) {
			this.clock.advance(Duration.ofMinutes(59));
			this.sessions.check();
		}
		assertThat(stream.told).isEmpty();
		assertThat(this.sessions.admits("a", ALICE, NOBODY)).isTrue();
		assertThat(this.ended).containsExactly("b");
		assertThat(this.sessions.size()).isEqualTo(1);
		assertThat(this.sessions.forgotten()).isEqualTo(1);
	}

	@Test
	void whatIsForgottenEndsEverywhere() {
		this.sessions.opened("a", ALICE);
		TestStream stream = open("a", ALICE, Duration.ofDays(1));
		this.owners.close("a");
		this.sessions.check();
		assertThat(stream.told).containsExactly("stop", "end");
		assertThat(this.ended).containsExactly("a");
		this.sessions.check();
		assertThat(this.ended).hasSize(1);
	}

	@Test
	void theStreamsOfASessionEndWithIt() {
		this.sessions.opened("a", ALICE);
		this.sessions.opened("b", ALICE);
		TestStream ofA = open("a", ALICE, Duration.ofDays(1));
		TestStream ofB = open("b", ALICE, Duration.ofDays(1));
		this.sessions.deleted("a");
		assertThat(ofA.told).containsExactly("stop", "end");
		assertThat(ofB.told).isEmpty();
		assertThat(this.sessions.admits("a", ALICE, NOBODY)).isFalse();
		assertThat(this.sessions.deleted()).isEqualTo(1);
		this.sessions.check();
		assertThat(this.ended).as("the transport has ended it already").isEmpty();
		assertThat(this.sessions.forgotten()).isZero();
	}

	@Test
	void whatNobodyHasOpenedBecomesThatOfACallerAndNeverTheOtherWayRound() {
		this.sessions.opened("a", NOBODY);
		assertThat(this.sessions.admits("a", NOBODY, NOBODY)).isTrue();
		assertThat(this.sessions.admits("a", ALICE, NOBODY)).isTrue();
		assertThat(this.sessions.admits("a", BOB, NOBODY)).isFalse();
		assertThat(this.sessions.admits("a", NOBODY, NOBODY)).isFalse();
		this.sessions.opened("b", ALICE);
		assertThat(this.sessions.admits("b", NOBODY, NOBODY)).isFalse();
	}

	@Test
	void oneThatFailsKeepsNoOther() {
		TestStream last = new TestStream();
		for (int i = 0; i < 10; i++) {
			this.sessions.opened(new FailingStream(), null, ALICE, this.clock.instant());
		}
		this.sessions.opened(last, null, ALICE, this.clock.instant());
		this.clock.advance(Duration.ofSeconds(1));
		this.sessions.check();
		assertThat(last.told).containsExactly("stop", "end");
	}

	private TestStream open(@Nullable String session, SessionOwner owner, Duration lifetime) {
		TestStream stream = new TestStream();
		this.sessions.opened(stream, session, owner, this.clock.instant().plus(lifetime));
		return stream;
	}

	private static final class TestStream implements OpenStream {

		private final List<String> told = new ArrayList<>();

		@Override
		public void stop() {
			this.told.add("stop");
		}

		@Override
		public void end() {
			this.told.add("end");
		}

	}

	private static final class FailingStream implements OpenStream {

		@Override
		public void stop() {
			throw new IllegalStateException("broken");
		}

		@Override
		public void end() {
			throw new IllegalStateException("broken");
		}

	}

}
