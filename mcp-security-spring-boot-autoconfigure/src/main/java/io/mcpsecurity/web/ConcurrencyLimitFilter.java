package io.mcpsecurity.web;

import java.io.IOException;
import java.time.Duration;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.ratelimit.ConcurrentRequests;
import io.mcpsecurity.ratelimit.RequestLimits;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * Limits how many requests of a caller are under way at once, from before their bodies
 * are read until they are answered, on whatever thread and however that ends. The streams
 * that GET opens are meant to last, and are counted apart.
 */
final class ConcurrencyLimitFilter extends EndpointFilter {

	private final RequestLimits limits;

	ConcurrencyLimitFilter(RequestLimits limits) {
		this.limits = limits;
	}

	@Override
	void filter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		McpCaller caller = McpCaller.current().orElse(null);
		ConcurrentRequests limit = limit(request.getMethod());
		if (caller == null || limit == null) {
			chain.doFilter(request, response);
			return;
		}
		Runnable end = limit.begin(caller);
		if (end == null) {
			RequestRecord record = RequestRecordFilter.of(request);
			record.caller(caller);
			new TooManyRequestsException(Duration.ofSeconds(1)).answer(response, record);
			return;
		}
		try {
			chain.doFilter(request, response);
		}
		finally {
			endWith(request, end);
		}
	}

	private @Nullable ConcurrentRequests limit(String method) {
		return switch (method) {
			case "POST" -> this.limits.calls();
			case "GET" -> this.limits.streams();
			default -> null;
		};
	}

	private static void endWith(HttpServletRequest request, Runnable end) {
		if (!request.isAsyncStarted()) {
			end.run();
			return;
		}
		try {
			request.getAsyncContext().addListener(new AsyncEnd(end));
		}
		catch (IllegalStateException ex) {
			// It has ended meanwhile.
			end.run();
		}
	}

	/**
	 * Ends a request that is answered on other threads.
	 */
	private record AsyncEnd(Runnable end) implements AsyncListener {

		@Override
		public void onComplete(AsyncEvent event) {
			this.end.run();
		}

		@Override
		public void onTimeout(AsyncEvent event) {
			// Completes it.
		}

		@Override
		public void onError(AsyncEvent event) {
			this.end.run();
		}

		@Override
		public void onStartAsync(AsyncEvent event) {
			event.getAsyncContext().addListener(this);
		}

	}

}
