package io.mcpsecurity.web;

import java.io.IOException;
import java.time.Duration;

import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.ratelimit.Verdict;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * A request that a limit does not let pass: 429 (RFC 6585 section 4), or 503 if nobody
 * knows, each with the time after which to try again.
 */
final class TooManyRequestsException extends RefusedRequestException {

	private static final long serialVersionUID = 1L;

	private static final int STATUS = 429;

	private static final String MESSAGE = "Too many requests";

	private final long retryAfterSeconds;

	/**
	 * Refuse a request whose body has not been read.
	 * @param retryAfter the time after which to try again, in whole seconds
	 */
	TooManyRequestsException(Duration retryAfter) {
		this(STATUS, "rate_limited", JsonRpcErrorCode.RATE_LIMITED, MESSAGE, null, retryAfter.toSeconds());
	}

	private TooManyRequestsException(int status, String reason, int code, String message, @Nullable String id,
			long retryAfterSeconds) {
		super(status, reason, code, message, id);
		this.retryAfterSeconds = retryAfterSeconds;
	}

	/**
	 * Refuse a request, if its verdict says so.
	 * @param verdict whether the request may go on
	 * @param id the request's id as JSON text, or {@code null} when it is not known
	 */
	static void check(Verdict verdict, @Nullable String id) throws TooManyRequestsException {
		switch (verdict.outcome()) {
			case LIMITED -> throw new TooManyRequestsException(STATUS, "rate_limited", JsonRpcErrorCode.RATE_LIMITED,
					MESSAGE, id, verdict.retryAfterSeconds());
			case UNAVAILABLE -> throw new TooManyRequestsException(HttpServletResponse.SC_SERVICE_UNAVAILABLE,
					"rate_limit_unavailable", JsonRpcErrorCode.UNAVAILABLE, "Limits cannot be checked at the moment",
					id, verdict.retryAfterSeconds());
			default -> {
				// It may go on.
			}
		}
	}

	@Override
	void answer(HttpServletResponse response, RequestRecord record) throws IOException {
		response.setHeader(HttpHeaders.RETRY_AFTER, String.valueOf(this.retryAfterSeconds));
		super.answer(response, record);
	}

}
