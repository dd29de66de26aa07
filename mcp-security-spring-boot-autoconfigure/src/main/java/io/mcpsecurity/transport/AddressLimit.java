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
 * Limits requests by address: requests without a token by the operator's rules, and
 * requests with an invalid token by the number of tokens from the address that were
 * refused recently. A valid JWT always passes, independently of other requests from the
 * same address. A token that has to be introspected passes only if it is known to be
 * valid, because the limit protects the authorization server.
 * <p>
 * The address is determined by the container. Forwarded headers are used only if the
 * application has enabled them in Spring or the container.
 */
final class AddressLimit {

	private static final Log logger = LogFactory.getLog(AddressLimit.class);

	/** Failures that are not caused by an invalid token or proof. */
	private static final Set<String> NO_FAILURES = Set.of("missing", "unavailable", "dpop_nonce");

	private final RequestLimits limits;

	private final BiPredicate<HttpServletRequest, String> known;

	private final AtomicBoolean warned = new AtomicBoolean();

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
		if (token == null) {
			check(request, this.limits.rules().request(null, request.getRemoteAddr()));
		}
		else if (failures != null) {
			check(request, failures.check(request.getRemoteAddr(), () -> this.known.test(request, token)));
		}
	}

	private void check(HttpServletRequest request, Verdict verdict) throws TooManyRequestsException {
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
	 * @throws TooManyRequestsException if there were too many from the same address
	 */
	void failed(HttpServletRequest request, String reason) throws TooManyRequestsException {
		AuthenticationFailures failures = this.limits.failures();
		if (failures != null && !NO_FAILURES.contains(reason)) {
			check(request, failures.failed(request.getRemoteAddr()));
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
