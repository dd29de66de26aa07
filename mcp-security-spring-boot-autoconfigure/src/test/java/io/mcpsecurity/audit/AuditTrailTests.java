package io.mcpsecurity.audit;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.mcpsecurity.audit.AuditTrail.OnFailure;
import io.mcpsecurity.audit.AuditTrail.OnOverflow;
import io.mcpsecurity.audit.AuditTrail.Settings;
import io.mcpsecurity.audit.AuditTrail.SinkStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * The way of events to sinks that work, fail, are slow, or hang.
 */
class AuditTrailTests extends AuditTrailFixture {

	@Test
	void everySinkGetsEveryEventInOrder() {
		AuditTrail trail = trail(settings(10, OnOverflow.BLOCK, OnFailure.ALLOW, AGES), this.sink, this.other);
		List<String> ids = ids(0, 500);
		ids.forEach((id) -> trail.record(event(id)));
		trail.close();
		assertThat(this.sink.written()).isEqualTo(ids);
		assertThat(this.other.written()).isEqualTo(ids);
		assertThat(trail.sinks()).containsExactly(new SinkStatus("first", 0, 500, 0, 0, true, null),
				new SinkStatus("second", 0, 500, 0, 0, true, null));
	}

	@Test
	void eventsOfEachThreadKeepTheirOrder() throws Exception {
		AuditTrail trail = trail(settings(50, OnOverflow.BLOCK, OnFailure.ALLOW, AGES), this.sink);
		inParallel(8, (thread) -> {
			for (int i = 0; i < 2000; i++) {
				trail.record(event(thread + ":" + i));
			}
			return null;
		});
		trail.close();
		for (int thread = 0; thread < 8; thread++) {
			String prefix = thread + ":";
			assertThat(this.sink.written().stream().filter((id) -> id.startsWith(prefix)))
				.isEqualTo(IntStream.range(0, 2000).mapToObj((i) -> prefix + i).toList());
		}
	}

	@Test
	void queuedEventsAreWrittenInBatchesUpToMaximumSize() {
		AuditTrail trail = trail(new Settings(100, 8, OnOverflow.BLOCK, OnFailure.ALLOW, AGES, AGES), this.sink);
		this.sink.hang();
		ids(0, 20).forEach((id) -> trail.record(event(id)));
		until(() -> this.sink.batches().size() == 1);
		int first = this.sink.batches().get(0).size();
		this.sink.release();
		trail.close();
		assertThat(this.sink.batches().get(1)).hasSize(Math.min(8, 20 - first));
		assertThat(this.sink.batches()).allMatch((batch) -> batch.size() <= 8);
		assertThat(this.sink.written()).isEqualTo(ids(0, 20));
	}

	@Test
	void sinkIsCalledBySingleDaemonThread() throws Exception {
		AtomicInteger inside = new AtomicInteger();
		AtomicInteger most = new AtomicInteger();
		this.sink.behave((batch) -> {
			most.accumulateAndGet(inside.incrementAndGet(), Math::max);
			assertThat(Thread.currentThread().getName()).isEqualTo("mcp-audit-first");
			assertThat(Thread.currentThread().isDaemon()).isTrue();
			Thread.yield();
			inside.decrementAndGet();
		});
		AuditTrail trail = trail(settings(50, OnOverflow.BLOCK, OnFailure.ALLOW, AGES), this.sink);
		inParallel(4, (thread) -> {
			for (int i = 0; i < 200; i++) {
				trail.record(event(thread + ":" + i));
			}
			return null;
		});
		trail.close();
		assertThat(most).hasValue(1);
		assertThat(this.sink.written()).hasSize(800);
	}

	@ParameterizedTest
	@EnumSource(OnOverflow.class)
	void whenSinksFailRandomlyThenEveryEventIsPublishedDroppedOrFailed(OnOverflow onOverflow) throws Exception {
		AtomicLong lost = new AtomicLong();
		this.sink.behave((batch) -> {
			int dice = ThreadLocalRandom.current().nextInt(10);
			if (dice < 4) {
				lost.addAndGet(batch.size());
				throwSomething(dice);
			}
		});
		this.other.behave((batch) -> Thread.sleep(1));
		AuditTrail trail = trail(settings(40, onOverflow, OnFailure.ALLOW, Duration.ofMillis(20)), this.sink,
				this.other);
		inParallel(8, (thread) -> {
			for (int i = 0; i < 2000; i++) {
				trail.record(event(thread + ":" + i));
				if (i % 20 == 0) {
					Thread.sleep(1);
					assertThat(trail.sinks()).allSatisfy((status) -> assertThat(status.queued()).isBetween(0, 40));
				}
			}
			return null;
		});
		trail.close();
		SinkStatus failing = trail.sinks().get(0);
		assertThat(failing.failed()).isEqualTo(lost.get()).isPositive();
		assertThat(failing.published()).isEqualTo(this.sink.written().size()).isPositive();
		assertThat(failing.queued()).isZero();
		assertThat(failing.published() + failing.dropped() + failing.failed()).isEqualTo(16000);
		SinkStatus slow = trail.sinks().get(1);
		assertThat(slow.failed()).isZero();
		assertThat(slow.published()).isEqualTo(this.other.written().size());
		assertThat(slow.published() + slow.dropped()).isEqualTo(16000);
		assertThat(this.sink.written()).doesNotHaveDuplicates();
		assertThat(this.other.written()).doesNotHaveDuplicates();
	}

	@Test
	void hangingSinkDoesNotPreventDeliveryToOtherSinks() {
		this.sink.hang();
		AuditTrail trail = trail(settings(5, OnOverflow.BLOCK, OnFailure.ALLOW, MOMENT), this.sink, this.other);
		ids(0, 100).forEach((id) -> trail.record(event(id)));
		until(() -> this.other.written().equals(ids(0, 100)));
		assertThat(trail.sinks().get(0)).isEqualTo(new SinkStatus("first", 5, 0, 95, 0, false, null));
		assertThat(trail.sinks().get(1).healthy()).isTrue();
	}

	@Test
	void eventWaitingForOneSinkIsWrittenToOthersMeanwhile() throws Exception {
		this.sink.hang();
		AuditTrail trail = trail(settings(1, OnOverflow.BLOCK, OnFailure.ALLOW, AGES), this.sink, this.other);
		trail.record(event("0"));
		until(() -> this.other.written().size() == 1);
		Future<?> waiting = inBackground(() -> trail.record(event("1")));
		until(() -> this.other.written().equals(List.of("0", "1")));
		assertThat(waiting.isDone()).isFalse();
		this.sink.release();
		waiting.get();
		trail.close();
		assertThat(this.sink.written()).containsExactly("0", "1");
	}

	@Test
	void whenBlockThenRecordWaitsForSlowSink() {
		this.sink.behave((batch) -> Thread.sleep(20));
		AuditTrail trail = trail(settings(2, OnOverflow.BLOCK, OnFailure.ALLOW, AGES), this.sink);
		ids(0, 30).forEach((id) -> trail.record(event(id)));
		trail.close();
		assertThat(this.sink.written()).isEqualTo(ids(0, 30));
		assertThat(this.log.list).isEmpty();
	}

	@Test
	void whenBlockThenRecordWaitsUntilTimeoutAndNotAgainWhileSinkHangs() {
		this.sink.hang();
		AuditTrail trail = trail(settings(1, OnOverflow.BLOCK, OnFailure.ALLOW, MOMENT), this.sink);
		trail.record(event("0"));
		assertThat(time(() -> trail.record(event("1")))).isBetween(MOMENT.dividedBy(2), AGES.dividedBy(3));
		assertThat(time(() -> {
			for (int i = 2; i < 102; i++) {
				trail.record(event("" + i));
			}
		})).isLessThan(MOMENT.multipliedBy(50));
		assertThat(trail.sinks()).containsExactly(new SinkStatus("first", 1, 0, 101, 0, false, null));
		this.sink.release();
		until(() -> trail.sinks().get(0).healthy());
		trail.record(event("102"));
		until(() -> this.sink.written().equals(List.of("0", "102")));
	}

	@Test
	void recordDoesNotWaitForFailingSink() {
		this.sink.fail();
		AuditTrail trail = trail(settings(1, OnOverflow.BLOCK, OnFailure.ALLOW, AGES), this.sink);
		trail.record(event("0"));
		until(() -> trail.sinks().get(0).failed() == 1);
		this.sink.hang();
		trail.record(event("1"));
		until(() -> this.sink.batches().size() == 2);
		assertThat(time(() -> trail.record(event("2")))).isLessThan(AGES.dividedBy(3));
		assertThat(trail.sinks().get(0).dropped()).isEqualTo(1);
	}

	@Test
	void recordStopsWaitingWhenSinkFails() throws Exception {
		AuditTrail trail = trail(settings(1, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink);
		this.sink.hang();
		trail.record(event("0"));
		Future<?> waiting = inBackground(() -> trail.record(event("1")));
		until(() -> this.sink.batches().size() == 1);
		Thread.sleep(50);
		this.sink.fail();
		this.sink.release();
		waiting.get(10, TimeUnit.SECONDS);
		assertThat(trail.sinks().get(0).dropped()).isEqualTo(1);
	}

	@Test
	void whenDropThenRecordNeverWaits() {
		this.sink.hang();
		AuditTrail trail = trail(settings(3, OnOverflow.DROP, OnFailure.ALLOW, AGES), this.sink);
		assertThat(time(() -> ids(0, 50).forEach((id) -> trail.record(event(id))))).isLessThan(AGES.dividedBy(3));
		assertThat(trail.sinks()).containsExactly(new SinkStatus("first", 3, 0, 47, 0, false, null));
		this.sink.release();
		trail.close();
		assertThat(this.sink.written()).isEqualTo(ids(0, 3));
	}

	@Test
	void whenAllowThenFailedBatchIsLostAndNextIsWritten() throws Exception {
		this.sink.fail();
		AuditTrail trail = trail(settings(10, OnOverflow.BLOCK, OnFailure.ALLOW, AGES), this.sink);
		assertThat(trail.reserve()).as("no call waits for its event").isNull();
		trail.record(event("0"));
		until(() -> trail.sinks().get(0).failed() == 1);
		assertThat(trail.sinks())
			.containsExactly(new SinkStatus("first", 0, 0, 0, 1, false, IllegalStateException.class.getName()));
		this.sink.work();
		trail.record(event("1"));
		until(() -> trail.sinks().get(0).published() == 1);
		assertThat(trail.sinks())
			.containsExactly(new SinkStatus("first", 0, 1, 0, 1, true, IllegalStateException.class.getName()));
		assertThat(this.sink.written()).containsExactly("1");
	}

	@Test
	void interruptedThreadStillRecordsEventAndStaysInterrupted() throws Exception {
		this.sink.hang();
		AuditTrail trail = trail(settings(1, OnOverflow.BLOCK, OnFailure.ALLOW, AGES), this.sink);
		trail.record(event("0"));
		Future<Boolean> waiting = inBackground(() -> {
			Thread.currentThread().interrupt();
			trail.record(event("1"));
			return Thread.interrupted();
		});
		Thread.sleep(50);
		this.sink.release();
		assertThat(waiting.get(10, TimeUnit.SECONDS)).isTrue();
		trail.close();
		assertThat(this.sink.written()).containsExactly("0", "1");
	}

	@Test
	void errorsOfSinkDoNotTerminateItsThread() {
		AuditTrail trail = trail(settings(10, OnOverflow.BLOCK, OnFailure.ALLOW, AGES), this.sink);
		List<Throwable> errors = List.of(new OutOfMemoryError(), new NoClassDefFoundError(), new StackOverflowError(),
				new AssertionError(), new InterruptedException(), new Exception());
		for (Throwable error : errors) {
			this.sink.behave((batch) -> AuditTrailTests.<RuntimeException>sneak(error));
			trail.record(event("lost"));
			until(() -> error.getClass().getName().equals(trail.sinks().get(0).lastFailure()));
		}
		this.sink.work();
		trail.record(event("0"));
		until(() -> this.sink.written().size() == 1);
		assertThat(trail.sinks().get(0).failed()).isEqualTo(errors.size());
	}

	@Test
	void failingLogAppenderDoesNotTerminateSinkThread() {
		ListAppender<ILoggingEvent> broken = new ListAppender<>() {
			@Override
			public void doAppend(ILoggingEvent event) {
				throw new LinkageError();
			}
		};
		this.logger.addAppender(broken);
		try {
			this.sink.fail();
			AuditTrail trail = trail(settings(10, OnOverflow.BLOCK, OnFailure.ALLOW, AGES), this.sink);
			trail.record(event("0"));
			until(() -> trail.sinks().get(0).failed() == 1);
			this.sink.work();
			trail.record(event("1"));
			until(() -> this.sink.written().size() == 1);
		}
		finally {
			this.logger.detachAppender(broken);
		}
	}

	@Test
	void startAndEndOfOutageAreLoggedOnce() {
		AuditTrail trail = trail(settings(10, OnOverflow.BLOCK, OnFailure.ALLOW, AGES), this.sink);
		for (int outage = 0; outage < 2; outage++) {
			this.sink.fail();
			for (int i = 1; i <= 5; i++) {
				long failed = outage * 5 + i;
				trail.record(event("0"));
				until(() -> trail.sinks().get(0).failed() == failed);
			}
			this.sink.work();
			for (int i = 1; i <= 5; i++) {
				long published = outage * 5 + i;
				trail.record(event("0"));
				until(() -> trail.sinks().get(0).published() == published);
			}
		}
		trail.close();
		assertThat(this.log.list).extracting(ILoggingEvent::getLevel)
			.containsExactly(Level.WARN, Level.INFO, Level.WARN, Level.INFO);
		assertThat(this.log.list.get(0).getFormattedMessage()).contains("'first'",
				IllegalStateException.class.getName());
		assertThat(this.log.list.get(1).getFormattedMessage()).contains("'first'");
		assertThat(this.log.list).allSatisfy((line) -> {
			assertThat(line.getFormattedMessage()).doesNotContain("swordfish");
			assertThat(line.getThrowableProxy()).isNull();
		});
	}

	@Test
	void startAndEndOfOverflowAreLoggedOnce() {
		this.sink.hang();
		AuditTrail trail = trail(new Settings(8, 2, OnOverflow.DROP, OnFailure.ALLOW, AGES, AGES), this.sink);
		ids(0, 50).forEach((id) -> trail.record(event(id)));
		this.sink.release();
		until(() -> trail.sinks().get(0).healthy());
		trail.close();
		assertThat(this.log.list).extracting(ILoggingEvent::getLevel).containsExactly(Level.WARN, Level.INFO);
		assertThat(this.log.list.get(0).getFormattedMessage()).contains("'first'", "dropped");
	}

	@Test
	void sinksWithSameNameAreRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(
					() -> trail(settings(1, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink, new TestSink("first")))
			.withMessageContaining("'first'");
	}

	@SuppressWarnings("unchecked")
	private static <T extends Throwable> void sneak(Throwable throwable) throws T {
		throw (T) throwable;
	}

}
