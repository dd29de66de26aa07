package io.mcpsecurity.transport;

import java.util.Arrays;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.hash.Sha256;
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

	private static SessionOwner of(@Nullable String... parts) {
		return new SessionOwner(Sha256.ofAll(Arrays.asList(parts)).toString());
	}

}
