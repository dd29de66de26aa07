package io.mcpsecurity.token;

import java.time.Duration;
import java.util.List;

import io.mcpsecurity.test.MutableClock;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * For how long, and where, a nonce is accepted.
 */
class DpopNoncesTests {

	private static final Duration PERIOD = Duration.ofMinutes(5);

	private final MutableClock clock = new MutableClock();

	@Test
	void nonceIsAcceptedInItsPeriodAndTheNextOne() {
		DpopNonces nonces = nonces();
		String nonce = nonces.current();
		assertThat(nonce).matches("[A-Za-z0-9_-]{43}");
		assertThat(nonces.accept(nonce)).isTrue();
		this.clock.advance(PERIOD.multipliedBy(2).minusSeconds(1));
		assertThat(nonces.accept(nonce)).isTrue();
		assertThat(nonces.current()).isNotEqualTo(nonce);
		this.clock.advance(Duration.ofSeconds(1));
		assertThat(nonces.accept(nonce)).isFalse();
		assertThat(nonces.accept("")).isFalse();
		assertThat(nonces.accept(nonces.current() + "x")).isFalse();
	}

	@Test
	void instancesAcceptTheNoncesOfTheirKeys() {
		byte[] one = new byte[32];
		byte[] other = new byte[32];
		other[0] = 1;
		assertThat(nonces(other, one).accept(nonces(one).current())).isTrue();
		assertThat(nonces(one).accept(nonces(other, one).current())).isFalse();
		assertThat(nonces().accept(nonces().current())).isFalse();
	}

	private DpopNonces nonces(byte[]... keys) {
		return new DpopNonces(List.of(keys), PERIOD, this.clock);
	}

}
