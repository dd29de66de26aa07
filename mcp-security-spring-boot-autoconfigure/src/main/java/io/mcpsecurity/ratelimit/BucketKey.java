package io.mcpsecurity.ratelimit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * Which bucket: a SHA-256 hash over what the bucket belongs to, so that a key takes the
 * same room however long a subject is, and tells nobody who it was. Each part is hashed
 * with its length in front: no two lists of parts are the same text.
 *
 * @param first its first eight bytes
 * @param second the next eight
 * @param third the next eight
 * @param fourth the last eight
 */
public record BucketKey(long first, long second, long third, long fourth) {

	static BucketKey of(List<String> parts) {
		MessageDigest digest = sha256();
		for (String part : parts) {
			byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
			digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
			digest.update(bytes);
		}
		ByteBuffer hash = ByteBuffer.wrap(digest.digest());
		return new BucketKey(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong());
	}

	/**
	 * The hash in hexadecimal digits.
	 */
	@Override
	public String toString() {
		return "%016x%016x%016x%016x".formatted(this.first, this.second, this.third, this.fourth);
	}

	private static MessageDigest sha256() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

}
