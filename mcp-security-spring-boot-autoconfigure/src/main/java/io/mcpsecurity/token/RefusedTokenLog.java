package io.mcpsecurity.token;

import java.net.URI;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

import com.github.benmanes.caffeine.cache.Ticker;
import com.nimbusds.jose.KeySourceException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.security.core.AuthenticationException;

/**
 * Logs why tokens are refused or cannot be checked, with the expected and actual values:
 * every time at DEBUG, and the first time of a kind in each minute at INFO. Tokens are
 * never logged; their values are limited in length and on one line.
 */
public final class RefusedTokenLog {

	private static final Log logger = LogFactory.getLog(RefusedTokenLog.class);

	private static final long INTERVAL = Duration.ofMinutes(1).toNanos();

	private final Ticker ticker;

	private final Map<TokenFailure, Long> logged = new EnumMap<>(TokenFailure.class);

	public RefusedTokenLog(Ticker ticker) {
		this.ticker = ticker;
	}

	/**
	 * Log a token that was not accepted.
	 * @param resource the resource identifier of the MCP endpoint
	 * @param failure the failure of its authentication
	 */
	public void log(URI resource, AuthenticationException failure) {
		boolean first = logger.isInfoEnabled() && isFirst(TokenFailure.of(failure));
		if (first) {
			logger
				.info(message(resource, failure) + " (others of this kind within a minute are logged at level DEBUG)");
		}
		else if (logger.isDebugEnabled()) {
			logger.debug(message(resource, failure));
		}
	}

	private synchronized boolean isFirst(TokenFailure kind) {
		long now = this.ticker.read();
		Long last = this.logged.get(kind);
		if (last != null && now - last < INTERVAL) {
			return false;
		}
		this.logged.put(kind, now);
		return true;
	}

	private static String message(URI resource, AuthenticationException failure) {
		TokenFailure kind = TokenFailure.of(failure);
		boolean unchecked = kind == TokenFailure.UNAVAILABLE || kind == TokenFailure.BUSY;
		String reason = reason(failure);
		return "A token for %s %s [%s]%s".formatted(resource, unchecked ? "could not be checked" : "was refused",
				kind.name().toLowerCase(Locale.ROOT), reason.isEmpty() ? "" : ": " + reason);
	}

	/**
	 * Messages of other exceptions are omitted, because they can repeat parts of the
	 * token.
	 */
	private static String reason(AuthenticationException failure) {
		if (failure instanceof RefusedTokenException refused) {
			String detail = refused.detail();
			return refused.getError().getDescription() + (detail.isEmpty() ? "" : " (" + detail + ")");
		}
		for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
			if (cause instanceof KeySourceException || cause instanceof IntrospectionException) {
				return TokenError.safe(cause.getMessage());
			}
		}
		return "";
	}

}
