package io.mcpsecurity.audit;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;

import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * Digests of values with a key (HMAC-SHA-256, RFC 2104): equal values have equal digests,
 * and without the key no value can be tried out.
 */
final class ValueDigest {

	private static final String ALGORITHM = "HmacSHA256";

	/** 128 bits: no two of all values that a trail will ever hold meet by chance. */
	private static final int LENGTH = 16;

	private final Mac mac;

	/**
	 * Create digests, for one thread.
	 */
	ValueDigest(SecretKey key) {
		try {
			this.mac = Mac.getInstance(ALGORITHM);
			this.mac.init(key);
		}
		catch (GeneralSecurityException ex) {
			// Every Java platform has it.
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * The digest of a string, number or boolean. That of a number is the same however the
	 * number is written.
	 */
	String of(Object value) {
		if (value instanceof String text) {
			return ofString(text);
		}
		return (value instanceof Number number) ? of("n:", ascii(canonical(number)))
				: of("b:", ascii(value.toString()));
	}

	private String ofString(String value) {
		try {
			return of("s:", StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(value)));
		}
		catch (CharacterCodingException ex) {
			// Lone surrogates, which UTF-8 would make one and the same.
			ByteBuffer chars = ByteBuffer.allocate(value.length() * Character.BYTES);
			chars.asCharBuffer().put(value);
			return of("u:", chars);
		}
	}

	private static String canonical(Number number) {
		String text = number.toString();
		try {
			BigDecimal decimal = new BigDecimal(text);
			return (decimal.signum() == 0) ? "0" : decimal.stripTrailingZeros().toString();
		}
		catch (ArithmeticException | NumberFormatException ex) {
			// An exponent beyond 32 bits, or no finite number.
			return text;
		}
	}

	private static ByteBuffer ascii(String text) {
		return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
	}

	private String of(String type, ByteBuffer value) {
		this.mac.update(type.getBytes(StandardCharsets.US_ASCII));
		this.mac.update(value);
		return "hmac:" + HexFormat.of().formatHex(Arrays.copyOf(this.mac.doFinal(), LENGTH));
	}

}
