package io.mcpsecurity.transport;

import java.util.Arrays;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.ratelimit.NetworkAddress;
import org.jspecify.annotations.Nullable;

/**
 * The owner of a session: the issuer, subject and client of a token, at one MCP endpoint.
 * (MCP Security Best Practices, "Session Hijacking": a session is bound to the user. A
 * subject alone is not enough, as two issuers may use the same one.)
 *
 * @param resource the resource identifier of the MCP endpoint
 * @param value a hash that identifies the owner: 64 hexadecimal digits, the same in every
 * instance of the server
 * @param binding the key or certificate to which the token is bound (RFC 9449 section 6,
 * RFC 8705 section 3), so that the session continues only with tokens that are bound to
 * the same; or {@code null}
 * @param anonymous whether it is the owner of sessions that were opened without a token
 */
record SessionOwner(String resource, String value, @Nullable String binding, boolean anonymous) {

	/** The owner for a caller. */
	static SessionOwner of(McpCaller caller) {
		Confirmation confirmation = Confirmation.of(caller);
		return new SessionOwner(caller.resource(),
				hash(caller.resource(), caller.issuer(), caller.subject(), caller.client()),
				confirmation.isEmpty() ? null : hash(confirmation.key(), confirmation.certificate()), false);
	}

	/**
	 * The owner of sessions that are opened from an address without a token. It limits
	 * their number; a session can be used from other addresses.
	 * @param resource the resource identifier of the MCP endpoint
	 * @param address the address, or {@code null}
	 */
	static SessionOwner anonymous(String resource, @Nullable String address) {
		return new SessionOwner(resource, hash(resource, NetworkAddress.of(address)), null, true);
	}

	private static String hash(@Nullable String... parts) {
		return Sha256.ofAll(Arrays.asList(parts)).toString();
	}

	/**
	 * Whether another owner may use the session. This is allowed for sessions that were
	 * opened without a token, for which the session id is sufficient.
	 */
	boolean admits(SessionOwner other) {
		return this.anonymous && this.resource.equals(other.resource);
	}

}
