package io.mcpsecurity.exchange;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * One use of a downstream service. It contains no token.
 *
 * @param kind what was done
 * @param service the configured name of the service, or {@code null} for a client that is
 * not configured as one
 * @param exchange the exchange for whose caller it was done, or {@code null}
 * @param start when it began
 * @param duration how long it took
 * @param outcome {@link #SUCCESS}, or else the reason for the failure, one of a bounded
 * set of words
 * @param requestedScopes the scopes of the token that was requested
 * @param grantedScopes the scopes of the token that was issued
 * @param tokenId the {@code jti} of the token that was issued or used, or the beginning
 * of its hash, or {@code null} if there is none
 * @param destination the host and port of a refused request, or {@code null}
 */
public record DownstreamUse(Kind kind, @Nullable String service, @Nullable McpExchange exchange, Instant start,
		Duration duration, String outcome, List<String> requestedScopes, List<String> grantedScopes,
		@Nullable String tokenId, @Nullable String destination) {

	/** The outcome of a use that succeeded. */
	public static final String SUCCESS = "success";

	/** What was done. */
	public enum Kind {

		/** A token was requested at a token endpoint. */
		TOKEN,

		/** A request was sent to the service, or could not be sent. */
		REQUEST,

		/** A request was refused before it was sent, because it would leak a token. */
		REFUSED

	}

}
