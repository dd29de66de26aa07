package io.mcpsecurity.token;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import io.mcpsecurity.hash.Sha256;
import org.junit.jupiter.api.Test;

import org.springframework.security.authentication.AuthenticationServiceException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Which proofs are kept in memory, and for how long.
 */
class LocalUsedProofsTests {

	private static final Duration LIFETIME = Duration.ofMinutes(5);

	private final AtomicLong nanos = new AtomicLong();

	private final LocalUsedProofs proofs = new LocalUsedProofs(100, this.nanos::get);

	@Test
	void proofIsAddedOnceUntilItExpires() {
		assertThat(add("a")).isTrue();
		assertThat(add("a")).isFalse();
		assertThat(add("b")).isTrue();
		pass(LIFETIME.minusSeconds(1));
		assertThat(add("a")).isFalse();
		pass(Duration.ofSeconds(2));
		assertThat(add("a")).isTrue();
	}

	@Test
	void proofIsNotEvictedBeforeItExpires() {
		for (int i = 0; i < 100; i++) {
			assertThat(add("proof " + i)).isTrue();
		}
		assertThatExceptionOfType(AuthenticationServiceException.class).isThrownBy(() -> add("another"));
		pass(LIFETIME.plusSeconds(1));
		assertThat(add("another")).isTrue();
	}

	@Test
	void concurrentRequestsAddAProofOnce() {
		for (int round = 0; round < 50; round++) {
			String proof = "proof " + round;
			assertThat(IntStream.range(0, 8).parallel().filter((i) -> add(proof)).count()).isEqualTo(1);
		}
	}

	private boolean add(String proof) {
		return this.proofs.add(Sha256.of(proof), LIFETIME);
	}

	private void pass(Duration time) {
		this.nanos.addAndGet(time.toNanos());
	}

}
