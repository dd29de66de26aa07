package io.mcpsecurity.session;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;

/**
 * Whom a session belongs to: the issuer, subject and client of a token together, at one
 * MCP endpoint. (MCP Security Best Practices, "Session Hijacking": a session is bound to
 * the user. A subject alone is not enough, as two issuers may use the same one.)
 *
 * @param value stands for all of that in a fixed length: 64 hexadecimal digits, the same
 * ones in every instance of the server
 */
public record SessionOwner(String value) {

	/**
	 * The owner that a caller is.
	 */
	public static SessionOwner of(McpCaller caller) {
		return of(caller.resource(), caller.issuer(), caller.subject(), caller.client());
	}

	/**
	 * All together who come without a token, where {@code discovery} is public.
	 * @param resource the resource identifier of the MCP endpoint
	 */
	public static SessionOwner anonymous(String resource) {
		return of(resource, null, null, null);
	}

	/**
	 * Each part with its length in front, so that no part can look like two.
	 */
	private static SessionOwner of(@Nullable String... parts) {
		MessageDigest digest = sha256();
		for (String part : parts) {
			byte[] bytes = (part != null) ? part.getBytes(StandardCharsets.UTF_8) : new byte[0];
			digest.update(ByteBuffer.allocate(Integer.BYTES).putInt((part != null) ? bytes.length : -1).flip());
			digest.update(bytes);
		}
		return new SessionOwner(HexFormat.of().formatHex(digest.digest()));
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
