package io.mcpsecurity.ratelimit;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import io.mcpsecurity.hash.Sha256;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Buckets in memory are bounded, and no flood resets one.
 */
class LocalBucketsTests {

	private static final Budget BUDGET = new Budget(2, 2, Duration.ofMinutes(1));

	private final AtomicLong nanos = new AtomicLong();

	private final LocalBuckets buckets = new LocalBuckets(BUDGET, 100, this.nanos::get);

	@Test
	void bucketHasCapacityAndRefillsEvenly() {
		assertThat(take("alice")).isTrue();
		assertThat(take("alice")).isTrue();
		assertThat(this.buckets.take(key("alice"))).isEqualTo(new BucketStore.Taken(false, Duration.ofSeconds(30)));
		pass(Duration.ofSeconds(29));
		assertThat(take("alice")).isFalse();
		pass(Duration.ofSeconds(1));
		assertThat(take("alice")).isTrue();
		assertThat(take("alice")).isFalse();
	}

	@Test
	void eachKeyHasItsOwnBucket() {
		empty("alice");
		assertThat(take("bob")).isTrue();
	}

	@Test
	void lookDoesNotConsumeTokens() {
		assertThat(this.buckets.look(key("alice")).taken()).isTrue();
		assertThat(take("alice")).isTrue();
		assertThat(this.buckets.look(key("alice")).taken()).isTrue();
		assertThat(take("alice")).isTrue();
		assertThat(this.buckets.look(key("alice")).taken()).isFalse();
	}

	@Test
	void fullBucketIsEvicted() {
		empty("alice");
		assertThat(take("bob")).isTrue();
		pass(Duration.ofSeconds(31));
		assertThat(this.buckets.size()).isOne();
		pass(Duration.ofSeconds(31));
		assertThat(this.buckets.size()).isZero();
		assertThat(take("alice")).isTrue();
		assertThat(take("alice")).isTrue();
		assertThat(take("alice")).isFalse();
	}

	@Test
	void numberOfBucketsIsBounded() {
		for (int i = 0; i < 10_000; i++) {
			take("flood-" + i);
		}
		assertThat(this.buckets.size()).isEqualTo(100);
	}

	@Test
	void floodOfKeysDoesNotResetEmptyBucket() {
		empty("mallory");
		for (int i = 0; i < 10_000; i++) {
			take("flood-" + i);
		}
		assertThat(take("mallory")).isFalse();
		assertThat(this.buckets.look(key("mallory")).taken()).isFalse();
	}

	@Test
	void whenCapacityIsExhaustedThenNewKeysShareBuckets() {
		int passed = 0;
		for (int i = 0; i < 10_000; i++) {
			passed += take("flood-" + i) ? 1 : 0;
		}
		assertThat(passed).isLessThanOrEqualTo(100 + 256 * 2);
		pass(Duration.ofMinutes(1));
		assertThat(take("late")).isTrue();
		assertThat(this.buckets.size()).isOne();
	}

	private void empty(String name) {
		assertThat(take(name)).isTrue();
		assertThat(take(name)).isTrue();
		assertThat(take(name)).isFalse();
	}

	private boolean take(String name) {
		return this.buckets.take(key(name)).taken();
	}

	private void pass(Duration time) {
		this.nanos.addAndGet(time.toNanos());
	}

	private static Sha256 key(String name) {
		return Sha256.of(name);
	}

}
