package io.mcpsecurity.ratelimit;

import java.util.List;

import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;

/**
 * Identifies callers and clients for limits.
 */
final class Callers {

	private Callers() {
	}

	/** The key of a caller: issuer and subject. */
	static List<String> subject(@Nullable McpCaller caller) {
		return (caller != null) ? List.of(caller.issuer(), caller.subject()) : List.of();
	}

	/**
	 * The key of a client: issuer and client id. If a token does not contain a client id,
	 * its subject is used instead; otherwise all such tokens would count as one client.
	 */
	static List<String> client(@Nullable McpCaller caller) {
		if (caller == null) {
			return List.of();
		}
		return (caller.client() != null) ? List.of(caller.issuer(), "client", caller.client())
				: List.of(caller.issuer(), "subject", caller.subject());
	}

}
