package io.mcpsecurity.audit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.mcpsecurity.audit.AuditTrail.OnFailure;
import io.mcpsecurity.audit.AuditTrail.OnOverflow;
import io.mcpsecurity.audit.AuditTrail.Place;
import io.mcpsecurity.audit.AuditTrail.SinkStatus;
import io.mcpsecurity.exchange.UnrecordableCallException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Calls that need a trail: they are refused when a sink could not take their event, and
 * their answers are held until every sink has it.
 */
class AuditTrailHeldCallsTests extends AuditTrailFixture {

	@Test
	void whenSinkFailsRandomlyThenEventsOfAcceptedCallsReachEverySink() throws Exception {
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
				catch (UnrecordableCallException ex) {
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
	void whenSinkFailsRandomlyThenEveryEventIsPublishedOrDropped() throws Exception {
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
					catch (UnrecordableCallException ex) {
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
	void responseIsHeldUntilEverySinkHasWrittenEvent() throws Exception {
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
	void heldResponseDoesNotWaitForLingerTime() {
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
	void callsAreRefusedWhileSinkFailsAndAcceptedAfterRecovery() throws Exception {
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
	void failedWriteIsRetriedWithIncreasingDelay() throws Exception {
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
	void newEventsDoNotShortenRetryDelay() {
		this.sink.fail();
		AuditTrail trail = trail(settings(1000, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink);
		for (int i = 0; i < 50; i++) {
			trail.record(event("" + i));
			pause(10);
		}
		assertThat(this.sink.batches()).hasSizeLessThan(6);
	}

	@Test
	void interruptedSinkThreadStillWaitsBeforeRetry() {
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
	void callsAreRefusedWhenQueueIsFullButReservedPlacesAreKept() throws Exception {
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
	void callWaitsForCapacityWhileSinkIsHealthy() throws Exception {
		AuditTrail trail = trail(settings(1, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink);
		Place place = trail.reserve();
		Future<Place> waiting = inBackground(trail::reserve);
		Thread.sleep(50);
		assertThat(waiting.isDone()).isFalse();
		place.release();
		waiting.get(10, TimeUnit.SECONDS).release();
	}

	@Test
	void callIsRefusedAfterTimeoutWithoutCapacity() throws Exception {
		AuditTrail trail = trail(settings(1, OnOverflow.BLOCK, OnFailure.DENY, MOMENT), this.sink);
		Place place = trail.reserve();
		assertThat(time(() -> assertRefused(trail))).isBetween(MOMENT.dividedBy(2), AGES.dividedBy(3));
		place.release();
	}

	@Test
	void callsAreRefusedWhileSinkHangsEvenWithCapacity() throws Exception {
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
	void callsAreRefusedWhileContinuationBlocksSinkThread() throws Exception {
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
	void eventsOfDeniedCallsLeaveCapacityForCalls() throws Exception {
		this.sink.hang();
		AuditTrail trail = trail(settings(8, OnOverflow.DROP, OnFailure.DENY, AGES), this.sink);
		ids(0, 100).forEach((id) -> trail.record(event(id)));
		assertThat(trail.sinks().get(0).queued()).isEqualTo(6);
		trail.reserve().release();
	}

	@Test
	void droppedEventDoesNotPreventFurtherCalls() throws Exception {
		AuditTrail trail = trail(settings(1, OnOverflow.DROP, OnFailure.DENY, AGES), this.sink);
		Place place = trail.reserve();
		trail.record(event("lost"));
		place.release();
		assertThat(trail.sinks()).containsExactly(new SinkStatus("first", 0, 0, 1, 0, false, null));
		trail.reserve().record(event("0")).toCompletableFuture().get();
		until(() -> trail.sinks().get(0).healthy());
	}

	@Test
	void interruptedThreadIsRefusedAndStaysInterrupted() throws Exception {
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
	void whenNoSinksThenNothingIsHeld() throws Exception {
		AuditTrail trail = trail(settings(1, OnOverflow.BLOCK, OnFailure.DENY, AGES));
		for (int i = 0; i < 5; i++) {
			assertThat(trail.reserve().record(event("" + i)).toCompletableFuture()).isCompletedWithValue(null);
			trail.record(event("" + i));
		}
		assertThat(trail.sinks()).isEmpty();
	}

}
