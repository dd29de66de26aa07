package io.mcpsecurity.web;

import java.io.IOException;

import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.audit.RequestRecord.Refusal;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.ratelimit.Verdict;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * The answer to a request that a limit does not let pass: 429 (RFC 6585 section 4), or
 * 503 if nobody knows, each with the time after which to try again.
 */
final class TooManyRequests {

	private static final int STATUS = 429;

	private TooManyRequests() {
	}

	/**
	 * Answer a request, if its verdict says so.
	 * @param verdict whether the request may go on
	 * @param response the response, not committed
	 * @param record the record of the request
	 * @param id the request's id as JSON text, or {@code null} when it is not known
	 * @return whether the request has been answered
	 */
	static boolean refuse(Verdict verdict, HttpServletResponse response, RequestRecord record, @Nullable String id)
			throws IOException {
		if (verdict.allowed()) {
			return false;
		}
		response.setHeader(HttpHeaders.RETRY_AFTER, String.valueOf(verdict.retryAfterSeconds()));
		if (verdict.outcome() == Verdict.Outcome.LIMITED) {
			record.refused(Refusal.Kind.REJECTED, "rate_limited");
			JsonRpcErrors.write(response, STATUS, id, JsonRpcErrorCode.RATE_LIMITED, "Too many requests");
		}
		else {
			record.refused(Refusal.Kind.REJECTED, "rate_limit_unavailable");
			JsonRpcErrors.write(response, HttpServletResponse.SC_SERVICE_UNAVAILABLE, id, JsonRpcErrorCode.UNAVAILABLE,
					"Limits cannot be checked at the moment");
		}
		return true;
	}

}
