package io.mcpsecurity.transport;

import java.time.Duration;

import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.ratelimit.Verdict;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * A request is beyond a limit: 429 (RFC 6585 section 4), or 503 if the limit cannot be
 * checked. The response contains the time after which the client may try again.
 */
final class TooManyRequestsException extends RefusedRequestException {

	private static final long serialVersionUID = 1L;

	private static final int STATUS = 429;

	private static final String MESSAGE = "Too many requests";

	/**
	 * Refuse a request.
	 * @param retryAfter the time after which to try again, in whole seconds
	 * @param id the request's id, or {@code null} if it is unknown
	 */
	TooManyRequestsException(Duration retryAfter, @Nullable Object id) {
		this(STATUS, "rate_limited", JsonRpcErrorCode.RATE_LIMITED, MESSAGE, id, retryAfter.toSeconds());
	}

	private TooManyRequestsException(int status, String reason, int code, String message, @Nullable Object id,
			long retryAfterSeconds) {
		super(status, reason, code, message, id);
		header(HttpHeaders.RETRY_AFTER, String.valueOf(retryAfterSeconds));
	}

	/**
	 * Refuse a request unless its verdict allows it.
	 * @param verdict the verdict
	 * @param id the request's id, or {@code null} if it is unknown
	 */
	static void check(Verdict verdict, @Nullable Object id) throws TooManyRequestsException {
		switch (verdict.outcome()) {
			case LIMITED -> throw new TooManyRequestsException(STATUS, "rate_limited", JsonRpcErrorCode.RATE_LIMITED,
					MESSAGE, id, verdict.retryAfterSeconds());
			case UNAVAILABLE -> throw new TooManyRequestsException(HttpServletResponse.SC_SERVICE_UNAVAILABLE,
					"rate_limit_unavailable", JsonRpcErrorCode.UNAVAILABLE, "Limits cannot be checked at the moment",
					id, verdict.retryAfterSeconds());
			default -> {
				// The request continues.
			}
		}
	}

}
