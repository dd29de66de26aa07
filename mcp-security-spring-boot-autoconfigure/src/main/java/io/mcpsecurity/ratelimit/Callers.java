package io.mcpsecurity.ratelimit;

import java.util.List;

import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;

/**
 * Who counts as one.
 */
final class Callers {

	private Callers() {
	}

	/**
	 * The same subject of the same issuer.
	 */
	static List<String> subject(@Nullable McpCaller caller) {
		return (caller != null) ? List.of(caller.issuer(), caller.subject()) : List.of();
	}

	/**
	 * The same client of the same issuer. Where a token does not say which client
	 * obtained it, its subject stands for the client: all such tokens together would be
	 * one client otherwise.
	 */
	static List<String> client(@Nullable McpCaller caller) {
		if (caller == null) {
			return List.of();
		}
		return (caller.client() != null) ? List.of(caller.issuer(), "client", caller.client())
				: List.of(caller.issuer(), "subject", caller.subject());
	}

}
