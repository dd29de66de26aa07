package io.mcpsecurity.web;

import java.io.IOException;
import java.util.List;

import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.audit.RequestRecord.Connection;
import io.mcpsecurity.audit.RequestRecord.Result;
import io.mcpsecurity.audit.RequestRecorder;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the record of a request, outside of everything that could refuse it.
 */
final class RequestRecordFilter extends EndpointFilter {

	private static final String ATTRIBUTE = RequestRecord.class.getName();

	/** Of W3C Trace Context, and of B3 in its two forms. */
	private static final List<String> TRACE_HEADERS = List.of("traceparent", "b3", "X-B3-TraceId");

	private final RequestRecorder recorder;

	private final String resource;

	/**
	 * Create a filter.
	 * @param recorder begins records
	 * @param resource the resource identifier of the MCP endpoint behind
	 */
	RequestRecordFilter(RequestRecorder recorder, String resource) {
		this.recorder = recorder;
		this.resource = resource;
	}

	/**
	 * The record of a request that has come through this filter.
	 */
	static RequestRecord of(ServletRequest request) {
		RequestRecord record = ifAny(request);
		if (record == null) {
			throw new IllegalStateException("The request has no record");
		}
		return record;
	}

	/**
	 * The record of a request, or {@code null} when it has not come through this filter.
	 */
	static @Nullable RequestRecord ifAny(ServletRequest request) {
		return (RequestRecord) request.getAttribute(ATTRIBUTE);
	}

	@Override
	void filter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		RequestRecord record = this.recorder.begin(new Connection(this.resource, request.getRemoteAddr(),
				request.getHeader("Mcp-Session-Id"), request.getHeader("MCP-Protocol-Version"), isTraced(request)));
		request.setAttribute(ATTRIBUTE, record);
		boolean returned = false;
		try {
			chain.doFilter(request, response);
			returned = true;
		}
		finally {
			if (!returned) {
				record.result(Result.EXCEPTION);
				record.end(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
			}
			else {
				end(request, response, record);
			}
		}
	}

	private static void end(HttpServletRequest request, HttpServletResponse response, RequestRecord record) {
		try {
			if (request.isAsyncStarted()) {
				request.getAsyncContext().addListener(new AsyncEnd(record, response));
				return;
			}
		}
		catch (IllegalStateException ex) {
			// It has ended meanwhile.
		}
		record.end(response.getStatus());
	}

	private static boolean isTraced(HttpServletRequest request) {
		for (String header : TRACE_HEADERS) {
			if (request.getHeader(header) != null) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Ends the record of a request that is answered on other threads.
	 */
	private record AsyncEnd(RequestRecord record, HttpServletResponse response) implements AsyncListener {

		@Override
		public void onComplete(AsyncEvent event) {
			this.record.end(this.response.getStatus());
		}

		@Override
		public void onTimeout(AsyncEvent event) {
			this.record.result(Result.TIMEOUT);
		}

		@Override
		public void onError(AsyncEvent event) {
			this.record.result(Result.EXCEPTION);
		}

		@Override
		public void onStartAsync(AsyncEvent event) {
			event.getAsyncContext().addListener(this);
		}

	}

}
