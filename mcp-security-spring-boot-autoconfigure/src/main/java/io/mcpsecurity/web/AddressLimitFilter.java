package io.mcpsecurity.web;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiPredicate;

import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.audit.RequestRecord.Refusal;
import io.mcpsecurity.ratelimit.AuthenticationFailures;
import io.mcpsecurity.ratelimit.LimitCounter;
import io.mcpsecurity.ratelimit.RequestLimits;
import io.mcpsecurity.ratelimit.Verdict;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * Limits what comes from an address before any token is verified: requests without a
 * token by the operator's rules, requests with one by how many tokens from there were
 * refused lately. A token that is known to be good passes in any case, whoever else sends
 * from the same address; and without a token a client still learns how to get one.
 * <p>
 * The address is the container's. What forwarded headers say counts only where the
 * application lets Spring or the container follow them.
 */
final class AddressLimitFilter extends EndpointFilter {

	private static final Log logger = LogFactory.getLog(AddressLimitFilter.class);

	private static final String BEARER = "Bearer ";

	/** Failures that say nothing about a token. */
	private static final Set<String> NO_FAILURES = Set.of("missing", "unavailable");

	private final RequestLimits limits;

	private final BiPredicate<HttpServletRequest, String> known;

	private final AtomicBoolean warned = new AtomicBoolean();

	/**
	 * Create a filter.
	 * @param limits the limits
	 * @param known whether a request's token is known to be good without verifying it
	 */
	AddressLimitFilter(RequestLimits limits, BiPredicate<HttpServletRequest, String> known) {
		this.limits = limits;
		this.known = known;
	}

	@Override
	void filter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		String bearer = bearer(request);
		RequestRecord record = RequestRecordFilter.of(request);
		// (What browsers ask before they send a token has been answered already.)
		Verdict verdict = (bearer != null) ? beforeVerification(request, bearer)
				: this.limits.rules().request(null, request.getRemoteAddr());
		try {
			if (verdict != null) {
				TooManyRequestsException.check(verdict, null);
			}
		}
		catch (TooManyRequestsException ex) {
			warnOfProxy(request);
			ex.answer(response, record);
			return;
		}
		chain.doFilter(request, response);
		AuthenticationFailures failures = this.limits.failures();
		if (failures != null && bearer != null && isFailure(record.refusal())) {
			failures.failed(request.getRemoteAddr());
		}
	}

	private @Nullable Verdict beforeVerification(HttpServletRequest request, String bearer) {
		AuthenticationFailures failures = this.limits.failures();
		return (failures != null) ? failures.check(request.getRemoteAddr(),
				() -> this.known.test(request, bearer.substring(BEARER.length()).trim())) : null;
	}

	private static boolean isFailure(@Nullable Refusal refusal) {
		return refusal != null && refusal.kind() == Refusal.Kind.UNAUTHENTICATED
				&& !NO_FAILURES.contains(refusal.reason());
	}

	/**
	 * The header that brings a token, or {@code null}.
	 */
	private static @Nullable String bearer(HttpServletRequest request) {
		String header = request.getHeader(HttpHeaders.AUTHORIZATION);
		return (header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length())) ? header : null;
	}

	private void warnOfProxy(HttpServletRequest request) {
		boolean forwarded = request.getHeader("Forwarded") != null || request.getHeader("X-Forwarded-For") != null;
		if (forwarded && this.warned.compareAndSet(false, true)) {
			logger.warn("A limit by address refuses requests that a proxy may have forwarded: if all clients have "
					+ "the proxy's address here, set server.forward-headers-strategy");
		}
	}

}
