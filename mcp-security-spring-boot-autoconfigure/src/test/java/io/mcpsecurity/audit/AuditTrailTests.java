package io.mcpsecurity.audit;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.mcpsecurity.audit.AuditTrail.OnFailure;
import io.mcpsecurity.audit.AuditTrail.OnOverflow;
import io.mcpsecurity.audit.AuditTrail.Place;
import io.mcpsecurity.audit.AuditTrail.Settings;
import io.mcpsecurity.audit.AuditTrail.SinkStatus;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * The way of events to sinks that work, fail, are slow, or hang.
 */
@Timeout(60)
class AuditTrailTests {

	private static final Duration AGES = Duration.ofSeconds(30);

	private static final Duration MOMENT = Duration.ofMillis(200);

	private final Logger logger = (Logger) LoggerFactory.getLogger(AuditTrail.class);

	private final ListAppender<ILoggingEvent> log = new ListAppender<>();

	private final TestSink sink = new TestSink("first");

	private final TestSink other = new TestSink("second");

	private final List<AuditTrail> trails = new ArrayList<>();

	@BeforeEach
	void listen() {
		this.log.start();
		this.logger.setLevel(Level.INFO);
		this.logger.addAppender(this.log);
		this.logger.setAdditive(false);
	}

	@AfterEach
	void close() {
		this.sink.work();
		this.other.work();
		this.trails.forEach(AuditTrail::close);
		this.logger.detachAppender(this.log);
		this.logger.setLevel(null);
		this.logger.setAdditive(true);
	}

	@Test
	void everySinkGetsEveryEventInTheOrderOfRecording() {
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
	void theEventsOfEachOfManyThreadsKeepTheirOrder() throws Exception {
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
	void aSinkGetsWhateverIsQueuedAtOnceAndNoMoreThanABatch() {
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
	void aSinkIsCalledByOneThreadAtATimeAndNeverByTheOneThatRecords() throws Exception {
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
	void everyEventIsPublishedDroppedOrFailedWhenSinksFailAtRandom(OnOverflow onOverflow) throws Exception {
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
				trail.reserve().record(event(thread + ":" + i)).toCompletableFuture().get(0, TimeUnit.SECONDS);
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
	void callsThatNeedATrailAreAllInEverySinkThatFailsAtRandom() throws Exception {
		AtomicInteger failures = new AtomicInteger();
		this.sink.behave((batch) -> {
			int dice = ThreadLocalRandom.current().nextInt(100);
			if (dice < 4 && failures.incrementAndGet() < 8) {
				throwSomething(dice);
			}
		});
		AuditTrail trail = trail(settings(16, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink, this.other);
		AtomicInteger refused = new AtomicInteger();
		List<List<String>> answered = inParallel(8, (thread) -> {
			List<String> ids = new ArrayList<>();
			for (int i = 0; i < 300; i++) {
				String id = thread + ":" + i;
				try {
					Place place = trail.reserve();
					if (i % 7 == 0) {
						place.release();
						continue;
					}
					place.record(event(id)).toCompletableFuture().get();
					assertThat(this.sink.written().contains(id) && this.other.written().contains(id)).isTrue();
					ids.add(id);
				}
				catch (AuditUnavailableException ex) {
					refused.incrementAndGet();
					Thread.sleep(20);
				}
			}
			return ids;
		});
		trail.close();
		List<String> all = answered.stream().flatMap(List::stream).toList();
		assertThat(this.sink.written()).containsExactlyInAnyOrderElementsOf(all);
		assertThat(this.other.written()).containsExactlyInAnyOrderElementsOf(all);
		assertThat(refused).hasPositiveValue();
		assertThat(trail.sinks())
			.allMatch((status) -> status.published() == all.size() && status.dropped() == 0 && status.failed() == 0);
	}

	@Test
	void refusalsAreAccountedForWhileCallsAreHeldAndASinkFails() throws Exception {
		this.sink.behave((batch) -> {
			if (ThreadLocalRandom.current().nextInt(200) == 0) {
				throw new IllegalStateException();
			}
		});
		AuditTrail trail = trail(settings(16, OnOverflow.DROP, OnFailure.DENY, AGES), this.sink);
		List<Integer> calls = inParallel(6, (thread) -> {
			int made = 0;
			for (int i = 0; i < 400; i++) {
				if (thread < 3) {
					trail.record(event(thread + ":" + i));
				}
				else {
					try {
						trail.reserve().record(event(thread + ":" + i)).toCompletableFuture().get();
						made++;
					}
					catch (AuditUnavailableException ex) {
						Thread.sleep(1);
					}
				}
			}
			return made;
		});
		trail.close();
		SinkStatus status = trail.sinks().get(0);
		int made = calls.stream().mapToInt(Integer::intValue).sum();
		assertThat(status.published() + status.dropped()).isEqualTo(1200 + made);
		assertThat(status.failed()).isZero();
		assertThat(this.sink.written()).hasSize((int) status.published()).doesNotHaveDuplicates();
		assertThat(this.sink.written().stream().filter((id) -> id.charAt(0) >= '3')).hasSize(made);
	}

	@Test
	void aHangingSinkKeepsNothingFromAnother() {
		this.sink.hang();
		AuditTrail trail = trail(settings(5, OnOverflow.BLOCK, OnFailure.ALLOW, MOMENT), this.sink, this.other);
		ids(0, 100).forEach((id) -> trail.record(event(id)));
		until(() -> this.other.written().equals(ids(0, 100)));
		assertThat(trail.sinks().get(0)).isEqualTo(new SinkStatus("first", 5, 0, 95, 0, false, null));
		assertThat(trail.sinks().get(1).healthy()).isTrue();
	}

	@Test
	void anEventThatWaitsForOneSinkIsAtTheOthersAlready() throws Exception {
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
	void recordingWaitsForASinkThatIsMerelySlow() {
		this.sink.behave((batch) -> Thread.sleep(20));
		AuditTrail trail = trail(settings(2, OnOverflow.BLOCK, OnFailure.ALLOW, AGES), this.sink);
		ids(0, 30).forEach((id) -> trail.record(event(id)));
		trail.close();
		assertThat(this.sink.written()).isEqualTo(ids(0, 30));
		assertThat(this.log.list).isEmpty();
	}

	@Test
	void recordingWaitsNoLongerThanTheTimeoutAndNotAgainForASinkThatHangs() {
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
	void recordingDoesNotWaitForASinkThatIsFailing() {
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
	void recordingStopsWaitingWhenTheSinkFails() throws Exception {
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
	void withDropNothingEverWaits() {
		this.sink.hang();
		AuditTrail trail = trail(settings(3, OnOverflow.DROP, OnFailure.ALLOW, AGES), this.sink);
		assertThat(time(() -> ids(0, 50).forEach((id) -> trail.record(event(id))))).isLessThan(AGES.dividedBy(3));
		assertThat(trail.sinks()).containsExactly(new SinkStatus("first", 3, 0, 47, 0, false, null));
		this.sink.release();
		trail.close();
		assertThat(this.sink.written()).isEqualTo(ids(0, 3));
	}

	@Test
	void aFailedBatchIsLostAndTheNextIsWrittenWhenFailuresAreAllowed() throws Exception {
		this.sink.fail();
		AuditTrail trail = trail(settings(10, OnOverflow.BLOCK, OnFailure.ALLOW, AGES), this.sink);
		CompletionStage<Void> answer = trail.reserve().record(event("0"));
		assertThat(answer.toCompletableFuture()).isCompletedWithValue(null);
		until(() -> trail.sinks().get(0).failed() == 1);
		assertThat(trail.sinks())
			.containsExactly(new SinkStatus("first", 0, 0, 0, 1, false, IllegalStateException.class.getName()));
		this.sink.work();
		trail.reserve().record(event("1"));
		until(() -> trail.sinks().get(0).published() == 1);
		assertThat(trail.sinks())
			.containsExactly(new SinkStatus("first", 0, 1, 0, 1, true, IllegalStateException.class.getName()));
		assertThat(this.sink.written()).containsExactly("1");
	}

	@Test
	void anAnswerIsHeldUntilEverySinkHasTheEvent() throws Exception {
		this.other.hang();
		AuditTrail trail = trail(settings(10, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink, this.other);
		CompletableFuture<Void> answer = trail.reserve().record(event("0")).toCompletableFuture();
		until(() -> this.sink.written().size() == 1);
		assertThat(answer).isNotDone();
		this.other.release();
		answer.get();
		assertThat(this.other.written()).containsExactly("0");
	}

	/**
	 * Events gather for 5 ms otherwise. On a busy machine a call can take as long for
	 * other reasons, but not every one.
	 */
	@Test
	void anAnswerDoesNotWaitForMoreEventsToBeWrittenWith() {
		AuditTrail trail = trail(settings(100, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink);
		until(() -> {
			until(() -> Thread.getAllStackTraces()
				.keySet()
				.stream()
				.anyMatch((thread) -> isWriterOf(thread, "first") && thread.getState() == Thread.State.WAITING));
			Place place = trail.reserve();
			return time(() -> place.record(event("0")).toCompletableFuture().join())
				.compareTo(Duration.ofMillis(5)) < 0;
		});
	}

	@Test
	void callsAreRefusedWhileASinkFailsAndGoOnWhenItHasWrittenEverything() throws Exception {
		this.sink.fail();
		AuditTrail trail = trail(settings(10, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink, this.other);
		CompletableFuture<Void> held = trail.reserve().record(event("0")).toCompletableFuture();
		until(() -> !trail.sinks().get(0).healthy());
		assertThat(time(() -> assertRefused(trail))).isLessThan(AGES.dividedBy(3));
		trail.record(event("1"));
		until(() -> this.sink.batches().size() > 2);
		assertThat(held).isNotDone();
		this.sink.work();
		held.get();
		until(() -> trail.sinks().get(0).healthy());
		trail.reserve().record(event("2")).toCompletableFuture().get();
		assertThat(this.sink.written()).containsExactly("0", "1", "2");
		assertThat(this.other.written()).containsExactly("0", "1", "2");
		assertThat(trail.sinks().get(0).failed()).isZero();
	}

	@Test
	void aFailedWriteIsTriedAgainAfterPausesThatGrow() throws Exception {
		this.sink.fail();
		AuditTrail trail = trail(settings(10, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink);
		trail.reserve().record(event("0"));
		until(() -> this.sink.times().size() >= 4);
		List<Long> times = this.sink.times();
		for (int i = 0; i < 3; i++) {
			assertThat(Duration.ofNanos(times.get(i + 1) - times.get(i))).isBetween(Duration.ofMillis(100L << i),
					Duration.ofMillis((100L << i) + 3000));
		}
	}

	@Test
	void newEventsDoNotCutThePauseShort() {
		this.sink.fail();
		AuditTrail trail = trail(settings(1000, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink);
		for (int i = 0; i < 50; i++) {
			trail.record(event("" + i));
			pause(10);
		}
		assertThat(this.sink.batches()).hasSizeLessThan(6);
	}

	@Test
	void aSinkThatLeavesItsThreadInterruptedIsNotTriedWithoutPause() {
		this.sink.behave((batch) -> {
			Thread.currentThread().interrupt();
			throw new InterruptedException();
		});
		AuditTrail trail = trail(settings(10, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink);
		trail.record(event("0"));
		pause(500);
		assertThat(this.sink.batches()).hasSizeBetween(1, 5);
		this.sink.behave((batch) -> assertThat(Thread.currentThread().isInterrupted()).isFalse());
		until(() -> this.sink.written().size() == 1);
	}

	@Test
	void callsAreRefusedWhenASinkHasNoRoomAndAKeptPlaceAlwaysHas() throws Exception {
		this.sink.hang();
		AuditTrail trail = trail(settings(3, OnOverflow.DROP, OnFailure.DENY, AGES), this.sink, this.other);
		Place first = trail.reserve();
		Place second = trail.reserve();
		Place third = trail.reserve();
		assertRefused(trail);
		trail.record(event("dropped"));
		CompletableFuture<Void> one = first.record(event("1")).toCompletableFuture();
		until(() -> this.sink.batches().size() == 1);
		assertRefused(trail);
		second.release();
		second.release();
		CompletableFuture<Void> four = trail.reserve().record(event("4")).toCompletableFuture();
		CompletableFuture<Void> three = third.record(event("3")).toCompletableFuture();
		assertRefused(trail);
		this.sink.release();
		CompletableFuture.allOf(one, three, four).get();
		assertThat(this.sink.written()).containsExactly("1", "4", "3");
		assertThat(trail.sinks().get(0).dropped()).isEqualTo(1);
		assertThat(trail.sinks().get(1).dropped()).isEqualTo(1);
		trail.reserve().release();
	}

	@Test
	void aCallWaitsForRoomInASinkThatKeepsUp() throws Exception {
		AuditTrail trail = trail(settings(1, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink);
		Place place = trail.reserve();
		Future<Place> waiting = inBackground(trail::reserve);
		Thread.sleep(50);
		assertThat(waiting.isDone()).isFalse();
		place.release();
		waiting.get(10, TimeUnit.SECONDS).release();
	}

	@Test
	void aCallWaitsNoLongerThanTheTimeout() throws Exception {
		AuditTrail trail = trail(settings(1, OnOverflow.BLOCK, OnFailure.DENY, MOMENT), this.sink);
		Place place = trail.reserve();
		assertThat(time(() -> assertRefused(trail))).isBetween(MOMENT.dividedBy(2), AGES.dividedBy(3));
		place.release();
	}

	@Test
	void callsAreRefusedWhileASinkHangsThoughThereIsRoom() throws Exception {
		this.sink.hang();
		AuditTrail trail = trail(settings(100, OnOverflow.BLOCK, OnFailure.DENY, MOMENT), this.sink);
		trail.reserve().record(event("0"));
		until(() -> !trail.sinks().get(0).healthy());
		assertRefused(trail);
		this.sink.release();
		until(() -> trail.sinks().get(0).healthy());
		trail.reserve().release();
	}

	@Test
	void aSinkWhoseThreadIsHeldUpByWhoeverWaitedForAnEventDoesNotKeepUp() throws Exception {
		AuditTrail trail = trail(settings(100, OnOverflow.BLOCK, OnFailure.DENY, MOMENT), this.sink);
		this.sink.behave((batch) -> Thread.sleep(50));
		CountDownLatch latch = new CountDownLatch(1);
		trail.reserve().record(event("0")).thenRun(() -> {
			try {
				latch.await();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		});
		until(() -> !trail.sinks().get(0).healthy());
		assertRefused(trail);
		latch.countDown();
		until(() -> trail.sinks().get(0).healthy());
		trail.reserve().release();
	}

	@Test
	void refusalsLeaveRoomForCalls() throws Exception {
		this.sink.hang();
		AuditTrail trail = trail(settings(8, OnOverflow.DROP, OnFailure.DENY, AGES), this.sink);
		ids(0, 100).forEach((id) -> trail.record(event(id)));
		assertThat(trail.sinks().get(0).queued()).isEqualTo(6);
		trail.reserve().release();
	}

	@Test
	void aLostRefusalDoesNotKeepCallsOut() throws Exception {
		AuditTrail trail = trail(settings(1, OnOverflow.DROP, OnFailure.DENY, AGES), this.sink);
		Place place = trail.reserve();
		trail.record(event("lost"));
		place.release();
		assertThat(trail.sinks()).containsExactly(new SinkStatus("first", 0, 0, 1, 0, false, null));
		trail.reserve().record(event("0")).toCompletableFuture().get();
		until(() -> trail.sinks().get(0).healthy());
	}

	@ParameterizedTest
	@EnumSource(OnFailure.class)
	void aPlaceIsFilledOrReleasedOnce(OnFailure onFailure) throws Exception {
		AuditTrail trail = trail(settings(10, OnOverflow.BLOCK, onFailure, AGES), this.sink);
		Place filled = trail.reserve();
		filled.record(event("0"));
		filled.release();
		assertThatIllegalStateException().isThrownBy(() -> filled.record(event("1")));
		Place released = trail.reserve();
		released.release();
		assertThatIllegalStateException().isThrownBy(() -> released.record(event("2")));
		trail.close();
		assertThat(this.sink.written()).containsExactly("0");
	}

	@Test
	void anInterruptedThreadKeepsWaitingWithItsEventAndStaysInterrupted() throws Exception {
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
	void anInterruptedThreadGetsNoPlaceAndStaysInterrupted() throws Exception {
		AuditTrail trail = trail(settings(1, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink);
		Place place = trail.reserve();
		Future<Boolean> waiting = inBackground(() -> {
			Thread.currentThread().interrupt();
			assertRefused(trail);
			return Thread.interrupted();
		});
		assertThat(waiting.get(10, TimeUnit.SECONDS)).isTrue();
		place.release();
	}

	@Test
	void noErrorOfASinkEndsItsThread() {
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
	void aLogThatFailsDoesNotEndAThread() {
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
	void anOutageIsReportedOnceAndSoIsItsEnd() {
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
	void anOverflowIsReportedOnceAndSoIsItsEnd() {
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
	void closingWaitsUntilEverythingIsWritten() {
		this.sink.behave((batch) -> Thread.sleep(20));
		AuditTrail trail = trail(new Settings(100, 5, OnOverflow.BLOCK, OnFailure.ALLOW, AGES, AGES), this.sink);
		ids(0, 100).forEach((id) -> trail.record(event(id)));
		trail.close();
		assertThat(this.sink.written()).isEqualTo(ids(0, 100));
		assertThat(trail.sinks()).containsExactly(new SinkStatus("first", 0, 100, 0, 0, true, null));
		until(() -> Thread.getAllStackTraces().keySet().stream().noneMatch((thread) -> isWriterOf(thread, "first")));
	}

	@Test
	void closingTriesAgainAtOnceWhatHasFailed() throws Exception {
		this.sink.fail();
		AuditTrail trail = trail(settings(10, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink);
		CompletableFuture<Void> answer = trail.reserve().record(event("0")).toCompletableFuture();
		until(() -> this.sink.batches().size() == 6);
		this.sink.work();
		assertThat(time(trail::close)).isLessThan(Duration.ofMillis(2500));
		assertThat(answer).isCompletedWithValue(null);
	}

	@Test
	void closingWaitsForPlacesThatAreKept() throws Exception {
		AuditTrail trail = trail(settings(10, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink);
		Place filled = trail.reserve();
		Place released = trail.reserve();
		Future<?> closing = inBackground(trail::close);
		Thread.sleep(50);
		assertRefused(trail);
		assertThat(closing.isDone()).isFalse();
		CompletableFuture<Void> answer = filled.record(event("0")).toCompletableFuture();
		answer.get();
		assertThat(closing.isDone()).isFalse();
		released.release();
		closing.get(10, TimeUnit.SECONDS);
		assertThat(this.sink.written()).containsExactly("0");
	}

	@ParameterizedTest
	@EnumSource(OnFailure.class)
	void whatIsLeftWhenTheTimeToDrainIsOverIsCountedAsFailedAndReportedOnce(OnFailure onFailure) throws Exception {
		this.sink.hang();
		AuditTrail trail = trail(new Settings(100, 2, OnOverflow.BLOCK, onFailure, AGES, MOMENT), this.sink,
				this.other);
		CompletableFuture<Void> answer = trail.reserve().record(event("0")).toCompletableFuture();
		ids(1, 5).forEach((id) -> trail.record(event(id)));
		assertThat(time(trail::close)).isBetween(MOMENT.dividedBy(2), AGES.dividedBy(3));
		assertThat(this.log.list).singleElement().satisfies((line) -> {
			assertThat(line.getLevel()).isEqualTo(Level.ERROR);
			assertThat(line.getFormattedMessage()).contains("5 to 'first'").doesNotContain("second");
		});
		assertThat(this.other.written()).isEqualTo(ids(0, 5));
		if (onFailure == OnFailure.DENY) {
			assertThatExceptionOfType(ExecutionException.class).isThrownBy(answer::get)
				.withCauseInstanceOf(AuditUnavailableException.class);
		}
		pause(100);
		SinkStatus status = trail.sinks().get(0);
		assertThat(status.failed()).isEqualTo(5);
		assertThat(status.published() + status.queued() + status.dropped()).isZero();
	}

	@Test
	void aWriteThatOutlivesTheDrainIsNotCountedTwiceAndNotDisturbedByOpening() {
		TestSink stubborn = new TestSink("stubborn");
		stubborn.behave((batch) -> {
			while (stubborn.batches().size() == 1 && this.sink.written().isEmpty()) {
				Thread.onSpinWait();
			}
		});
		AuditTrail trail = trail(new Settings(100, 1, OnOverflow.BLOCK, OnFailure.ALLOW, AGES, MOMENT), stubborn,
				this.other);
		trail.record(event("0"));
		trail.record(event("1"));
		until(() -> stubborn.batches().size() == 1);
		trail.close();
		assertThat(trail.sinks().get(0)).isEqualTo(new SinkStatus("stubborn", 0, 0, 0, 2, true, null));
		trail.open();
		trail.record(event("2"));
		AuditTrail release = trail(settings(1, OnOverflow.DROP, OnFailure.ALLOW, AGES), this.sink);
		release.record(event("go"));
		until(() -> stubborn.written().equals(List.of("0", "2")));
		until(() -> trail.sinks().get(0).published() == 1);
		assertThat(trail.sinks().get(0)).isEqualTo(new SinkStatus("stubborn", 0, 1, 0, 2, true, null));
	}

	@Test
	void aClosedTrailDropsEventsAndAnOpenedOneTakesThemAgain() throws Exception {
		AuditTrail trail = trail(settings(10, OnOverflow.BLOCK, OnFailure.ALLOW, AGES), this.sink);
		trail.close();
		trail.close();
		trail.record(event("0"));
		assertThat(trail.sinks()).containsExactly(new SinkStatus("first", 0, 0, 1, 0, false, null));
		trail.open();
		trail.record(event("1"));
		until(() -> this.sink.written().equals(List.of("1")));
		until(() -> trail.sinks().get(0).healthy());
	}

	@Test
	void aPlaceFilledAfterClosingSaysThatItsEventIsLost() throws Exception {
		AuditTrail trail = trail(new Settings(10, 10, OnOverflow.BLOCK, OnFailure.DENY, AGES, MOMENT), this.sink);
		Place place = trail.reserve();
		trail.close();
		assertRefused(trail);
		CompletableFuture<Void> answer = place.record(event("0")).toCompletableFuture();
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(answer::get)
			.withCauseInstanceOf(AuditUnavailableException.class);
		assertThat(trail.sinks().get(0).dropped()).isEqualTo(1);
	}

	@Test
	void withoutSinksNothingIsWaitedFor() throws Exception {
		AuditTrail trail = trail(settings(1, OnOverflow.BLOCK, OnFailure.DENY, AGES));
		for (int i = 0; i < 5; i++) {
			assertThat(trail.reserve().record(event("" + i)).toCompletableFuture()).isCompletedWithValue(null);
			trail.record(event("" + i));
		}
		assertThat(trail.sinks()).isEmpty();
	}

	@Test
	void twoSinksOfOneNameAreRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(
					() -> trail(settings(1, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink, new TestSink("first")))
			.withMessageContaining("'first'");
	}

	private AuditTrail trail(Settings settings, TestSink... sinks) {
		AuditTrail trail = new AuditTrail(List.of(sinks), settings);
		this.trails.add(trail);
		return trail;
	}

	private static Settings settings(int capacity, OnOverflow onOverflow, OnFailure onFailure, Duration block) {
		return new Settings(capacity, 500, onOverflow, onFailure, block, AGES);
	}

	private static McpAuditEvent event(String id) {
		return new McpAuditEvent(id, Instant.EPOCH, McpAuditEvent.Type.MCP_CALL, "alice", Map.of());
	}

	private static List<String> ids(int from, int to) {
		return IntStream.range(from, to).mapToObj(String::valueOf).toList();
	}

	private static void assertRefused(AuditTrail trail) {
		assertThatExceptionOfType(AuditUnavailableException.class).isThrownBy(trail::reserve);
	}

	private static boolean isWriterOf(Thread thread, String sink) {
		return thread.getName().equals("mcp-audit-" + sink);
	}

	private static void throwSomething(int dice) throws Exception {
		switch (dice) {
			case 0 -> throw new OutOfMemoryError("as a test");
			case 1 -> throw new NoClassDefFoundError("as a test");
			case 2 -> throw new InterruptedException("as a test");
			default -> throw new IllegalStateException("as a test");
		}
	}

	@SuppressWarnings("unchecked")
	private static <T extends Throwable> void sneak(Throwable throwable) throws T {
		throw (T) throwable;
	}

	private static Duration time(Runnable action) {
		long start = System.nanoTime();
		action.run();
		return Duration.ofNanos(System.nanoTime() - start);
	}

	private static void pause(long millis) {
		Awaitility.await().pollDelay(Duration.ofMillis(millis)).until(() -> true);
	}

	private static void until(Callable<Boolean> condition) {
		Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(2)).until(condition);
	}

	private static Future<?> inBackground(Runnable action) {
		return inBackground(() -> {
			action.run();
			return true;
		});
	}

	private static <T> Future<T> inBackground(Callable<T> action) {
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try {
			return executor.submit(action);
		}
		finally {
			executor.shutdown();
		}
	}

	private static <T> List<T> inParallel(int threads, Work<T> work) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		try {
			List<Callable<T>> tasks = new ArrayList<>();
			for (int i = 0; i < threads; i++) {
				int thread = i;
				tasks.add(() -> work.run(thread));
			}
			List<T> results = new ArrayList<>();
			for (Future<T> result : executor.invokeAll(tasks)) {
				results.add(result.get());
			}
			return results;
		}
		finally {
			executor.shutdownNow();
		}
	}

	private interface Work<T> {

		T run(int thread) throws Exception;

	}

}
