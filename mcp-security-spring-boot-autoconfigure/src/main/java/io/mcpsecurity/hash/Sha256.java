package io.mcpsecurity.hash;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;

import org.jspecify.annotations.Nullable;

/**
 * A SHA-256 hash. It identifies a text that is not kept itself because it is secret or of
 * any length.
 *
 * @param first its first eight bytes
 * @param second the next eight
 * @param third the next eight
 * @param fourth the last eight
 */
public record Sha256(long first, long second, long third, long fourth) {

	private static final MessageDigest UNUSED = create();

	/** The hash of a text in UTF-8. */
	public static Sha256 of(String text) {
		return of(digest().digest(text.getBytes(StandardCharsets.UTF_8)));
	}

	/**
	 * Read a hash.
	 * @param text 64 hexadecimal digits, or 43 characters of base64url without padding
	 * @throws IllegalArgumentException if it is neither
	 */
	public static Sha256 parse(String text) {
		byte[] bytes = (text.length() == 64) ? HexFormat.of().parseHex(text) : Base64.getUrlDecoder().decode(text);
		if (bytes.length != 4 * Long.BYTES) {
			throw new IllegalArgumentException("It is not a SHA-256 hash");
		}
		return of(bytes);
	}

	/**
	 * The hash of several texts. Each text is hashed with its length in front, so that
	 * different lists have different hashes. {@code null} and the empty text are
	 * different.
	 */
	public static Sha256 ofAll(Iterable<? extends @Nullable String> texts) {
		MessageDigest digest = digest();
		for (String text : texts) {
			byte[] bytes = (text != null) ? text.getBytes(StandardCharsets.UTF_8) : new byte[0];
			digest.update(ByteBuffer.allocate(Integer.BYTES).putInt((text != null) ? bytes.length : -1).flip());
			digest.update(bytes);
		}
		return of(digest.digest());
	}

	private static Sha256 of(byte[] hash) {
		ByteBuffer bytes = ByteBuffer.wrap(hash);
		return new Sha256(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
	}

	/**
	 * Clones a digest, because a lookup in the providers takes as long as hashing a short
	 * text.
	 */
	private static MessageDigest digest() {
		try {
			return (MessageDigest) UNUSED.clone();
		}
		catch (CloneNotSupportedException ex) {
			// For example, a provider whose digests are in hardware.
			return create();
		}
	}

	private static MessageDigest create() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

	/** The 32 bytes of the hash. */
	public byte[] bytes() {
		return ByteBuffer.allocate(4 * Long.BYTES)
			.putLong(this.first)
			.putLong(this.second)
			.putLong(this.third)
			.putLong(this.fourth)
			.array();
	}

	/** The hash in 64 hexadecimal digits. */
	@Override
	public String toString() {
		HexFormat hex = HexFormat.of();
		return hex.toHexDigits(this.first) + hex.toHexDigits(this.second) + hex.toHexDigits(this.third)
				+ hex.toHexDigits(this.fourth);
	}

}
