package io.mcpsecurity.token;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.stream.LongStream;

import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * Nonces of this server for DPoP proofs (RFC 9449 section 9), so that proofs cannot be
 * created in advance. A nonce is an HMAC of the current period, so nothing is stored. It
 * is accepted in its period and in the next one.
 */
public final class DpopNonces {

	private static final String ALGORITHM = "HmacSHA256";

	private static final int KEY_LENGTH = 32;

	private final List<SecretKey> keys;

	private final Duration period;

	private final Clock clock;

	/**
	 * Create.
	 * @param keys the keys. The first one creates nonces; those of all are accepted. If
	 * there is none, a random key is used, which other instances of the server do not
	 * have.
	 * @param period the time after which there is a new nonce, at least one second
	 * @param clock the clock
	 */
	public DpopNonces(List<byte[]> keys, Duration period, Clock clock) {
		byte[] generated = new byte[KEY_LENGTH];
		new SecureRandom().nextBytes(generated);
		this.keys = (keys.isEmpty() ? List.of(generated) : keys).stream()
			.map((key) -> (SecretKey) new SecretKeySpec(key, ALGORITHM))
			.toList();
		this.period = period;
		this.clock = clock;
	}

	/** The nonce for new proofs. */
	String current() {
		return nonce(this.keys.get(0), now());
	}

	/** Whether a nonce is one of this server, and not too old. */
	boolean accept(String nonce) {
		byte[] found = nonce.getBytes(StandardCharsets.UTF_8);
		long now = now();
		return this.keys.stream()
			.anyMatch((key) -> LongStream.of(now, now - 1)
				.anyMatch(
						(period) -> MessageDigest.isEqual(found, nonce(key, period).getBytes(StandardCharsets.UTF_8))));
	}

	private long now() {
		return this.clock.instant().getEpochSecond() / this.period.toSeconds();
	}

	private static String nonce(SecretKey key, long period) {
		try {
			Mac mac = Mac.getInstance(ALGORITHM);
			mac.init(key);
			return Base64.getUrlEncoder()
				.withoutPadding()
				.encodeToString(mac.doFinal(("DPoP-Nonce " + period).getBytes(StandardCharsets.UTF_8)));
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every Java platform has " + ALGORITHM, ex);
		}
	}

}
