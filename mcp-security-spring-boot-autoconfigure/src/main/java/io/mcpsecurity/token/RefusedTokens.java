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
 * Logs why tokens are refused or cannot be checked, with what was expected and found:
 * every time at DEBUG, and the first time of a kind in each minute at INFO. Tokens are
 * never logged, and values of theirs bounded and on one line.
 */
public final class RefusedTokens {

	private static final Log logger = LogFactory.getLog(RefusedTokens.class);

	private static final long INTERVAL = Duration.ofMinutes(1).toNanos();

	private final Ticker ticker;

	private final Map<TokenFailure, Long> logged = new EnumMap<>(TokenFailure.class);

	/**
	 * Create a log.
	 * @param ticker the time
	 */
	public RefusedTokens(Ticker ticker) {
		this.ticker = ticker;
	}

	/**
	 * Log a token that was not accepted.
	 * @param resource the resource identifier of the MCP endpoint
	 * @param failure what its authentication failed with
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
	 * Texts of others are left out: they can repeat parts of the token.
	 */
	private static String reason(AuthenticationException failure) {
		if (failure instanceof RefusedTokenException refused) {
			String detail = refused.detail();
			return refused.getError().getDescription() + (detail.isEmpty() ? "" : " (" + detail + ")");
		}
		for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
			if (cause instanceof KeySourceException || cause instanceof IntrospectionException) {
				return Printable.of(cause.getMessage());
			}
		}
		return "";
	}

}
