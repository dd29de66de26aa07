package io.mcpsecurity.audit;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import ch.qos.logback.classic.Level;
import io.mcpsecurity.audit.AuditTrail.OnFailure;
import io.mcpsecurity.audit.AuditTrail.OnOverflow;
import io.mcpsecurity.audit.AuditTrail.Place;
import io.mcpsecurity.audit.AuditTrail.Settings;
import io.mcpsecurity.audit.AuditTrail.SinkStatus;
import io.mcpsecurity.exchange.UnrecordableCallException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What becomes of events when a trail is closed, and opened again.
 */
class AuditTrailClosingTests extends AuditTrailFixture {

	@Test
	void closeWaitsUntilAllEventsAreWritten() {
		this.sink.behave((batch) -> Thread.sleep(20));
		AuditTrail trail = trail(new Settings(100, 5, OnOverflow.BLOCK, OnFailure.ALLOW, AGES, AGES), this.sink);
		ids(0, 100).forEach((id) -> trail.record(event(id)));
		trail.close();
		assertThat(this.sink.written()).isEqualTo(ids(0, 100));
		assertThat(trail.sinks()).containsExactly(new SinkStatus("first", 0, 100, 0, 0, true, null));
		until(() -> Thread.getAllStackTraces().keySet().stream().noneMatch((thread) -> isWriterOf(thread, "first")));
	}

	@Test
	void closeRetriesFailedWriteImmediately() throws Exception {
		this.sink.fail();
		AuditTrail trail = trail(settings(10, OnOverflow.BLOCK, OnFailure.DENY, AGES), this.sink);
		CompletableFuture<Void> answer = trail.reserve().record(event("0")).toCompletableFuture();
		until(() -> this.sink.batches().size() == 6);
		this.sink.work();
		assertThat(time(trail::close)).isLessThan(Duration.ofMillis(2500));
		assertThat(answer).isCompletedWithValue(null);
	}

	@Test
	void closeWaitsForReservedPlaces() throws Exception {
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
	void eventsLeftAfterDrainTimeoutAreCountedAsFailedAndLoggedOnce(OnFailure onFailure) throws Exception {
		this.sink.hang();
		AuditTrail trail = trail(new Settings(100, 2, OnOverflow.BLOCK, onFailure, AGES, MOMENT), this.sink,
				this.other);
		Place place = trail.reserve();
		CompletionStage<Void> answer = (place != null) ? place.record(event("0")) : null;
		ids((place != null) ? 1 : 0, 5).forEach((id) -> trail.record(event(id)));
		assertThat(time(trail::close)).isBetween(MOMENT.dividedBy(2), AGES.dividedBy(3));
		assertThat(this.log.list).singleElement().satisfies((line) -> {
			assertThat(line.getLevel()).isEqualTo(Level.ERROR);
			assertThat(line.getFormattedMessage()).contains("5 to 'first'").doesNotContain("second");
		});
		assertThat(this.other.written()).isEqualTo(ids(0, 5));
		if (answer != null) {
			assertThatExceptionOfType(ExecutionException.class).isThrownBy(answer.toCompletableFuture()::get)
				.withCauseInstanceOf(UnrecordableCallException.class);
		}
		pause(100);
		SinkStatus status = trail.sinks().get(0);
		assertThat(status.failed()).isEqualTo(5);
		assertThat(status.published() + status.queued() + status.dropped()).isZero();
	}

	@Test
	void writeThatOutlastsDrainTimeoutIsNotCountedTwiceAfterReopening() {
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
	void closedTrailDropsEventsUntilReopened() throws Exception {
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
	void placeFilledAfterCloseFailsAndItsEventIsDropped() throws Exception {
		AuditTrail trail = trail(new Settings(10, 10, OnOverflow.BLOCK, OnFailure.DENY, AGES, MOMENT), this.sink);
		Place place = trail.reserve();
		trail.close();
		assertRefused(trail);
		CompletableFuture<Void> answer = place.record(event("0")).toCompletableFuture();
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(answer::get)
			.withCauseInstanceOf(UnrecordableCallException.class);
		assertThat(trail.sinks().get(0).dropped()).isEqualTo(1);
	}

}
