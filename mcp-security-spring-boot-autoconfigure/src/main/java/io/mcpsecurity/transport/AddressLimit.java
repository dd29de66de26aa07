package io.mcpsecurity.transport;

import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiPredicate;

import io.mcpsecurity.ratelimit.AuthenticationFailures;
import io.mcpsecurity.ratelimit.RequestLimits;
import io.mcpsecurity.ratelimit.Verdict;
import jakarta.servlet.http.HttpServletRequest;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Limits what comes from an address before any token is verified: requests without a
 * token by the operator's rules, requests with one by how many tokens from there were
 * refused lately. A token that is known to be good passes in any case, whatever else
 * comes from the same address; and without a token a client still gets the challenge.
 * <p>
 * The address is the container's. Forwarded headers count only where the application lets
 * Spring or the container follow them.
 */
final class AddressLimit {

	private static final Log logger = LogFactory.getLog(AddressLimit.class);

	/** Failures that say nothing about a token. */
	private static final Set<String> NO_FAILURES = Set.of("missing", "unavailable");

	private final RequestLimits limits;

	private final BiPredicate<HttpServletRequest, String> known;

	private final AtomicBoolean warned = new AtomicBoolean();

	/**
	 * Create a limit.
	 * @param limits the limits
	 * @param known whether a request's token is known to be good without verifying it
	 */
	AddressLimit(RequestLimits limits, BiPredicate<HttpServletRequest, String> known) {
		this.limits = limits;
		this.known = known;
	}

	/**
	 * Check a request before its token is verified.
	 * @param request the request
	 * @param token its token, or {@code null}
	 */
	void check(HttpServletRequest request, @Nullable String token) throws TooManyRequestsException {
		AuthenticationFailures failures = this.limits.failures();
		if (token != null && failures == null) {
			return;
		}
		Verdict verdict = (token != null)
				? failures.check(request.getRemoteAddr(), () -> this.known.test(request, token))
				: this.limits.rules().request(null, request.getRemoteAddr());
		try {
			TooManyRequestsException.check(verdict, null);
		}
		catch (TooManyRequestsException ex) {
			warnOfProxy(request);
			throw ex;
		}
	}

	/**
	 * Count a request whose token was refused.
	 * @param request the request
	 * @param reason why the token was refused
	 */
	void failed(HttpServletRequest request, String reason) {
		AuthenticationFailures failures = this.limits.failures();
		if (failures != null && !NO_FAILURES.contains(reason)) {
			failures.failed(request.getRemoteAddr());
		}
	}

	private void warnOfProxy(HttpServletRequest request) {
		boolean forwarded = request.getHeader("Forwarded") != null || request.getHeader("X-Forwarded-For") != null;
		if (forwarded && this.warned.compareAndSet(false, true)) {
			logger.warn("A limit by address refuses requests that a proxy may have forwarded: if all clients have "
					+ "the proxy's address here, set server.forward-headers-strategy");
		}
	}

}
