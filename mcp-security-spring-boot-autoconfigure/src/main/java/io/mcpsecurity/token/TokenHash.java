package io.mcpsecurity.token;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The SHA-256 hash of a token's whole text: what a token is recognized by without being
 * kept.
 *
 * @param first its first eight bytes
 * @param second the next eight
 * @param third the next eight
 * @param fourth the last eight
 */
record TokenHash(long first, long second, long third, long fourth) {

	static TokenHash of(String token) {
		ByteBuffer hash = ByteBuffer.wrap(sha256().digest(token.getBytes(StandardCharsets.UTF_8)));
		return new TokenHash(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong());
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
