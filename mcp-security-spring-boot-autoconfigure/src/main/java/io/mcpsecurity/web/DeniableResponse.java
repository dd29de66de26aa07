package io.mcpsecurity.web;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.concurrent.CompletionStage;

import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.invocation.PendingResponse;
import io.mcpsecurity.message.MirroredHeaders;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import org.jspecify.annotations.Nullable;

import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;

/**
 * A response that passes everything on at once until the tool boundary denies the call,
 * its event could not be written, or the transport fails: from then on the transport's
 * own answer is dropped, and the gate writes another.
 */
public final class DeniableResponse extends HttpServletResponseWrapper implements PendingResponse {

	private static final String ATTRIBUTE = DeniableResponse.class.getName();

	private final RequestRecord record;

	private volatile @Nullable AccessDecision denial;

	private volatile boolean unrecorded;

	private volatile boolean unknownMethod;

	private boolean ended;

	private DeniableResponse(HttpServletResponse response, RequestRecord record) {
		super(response);
		this.record = record;
	}

	/**
	 * The deniable form of a request's response.
	 */
	static DeniableResponse of(ServletRequest request, HttpServletResponse response, RequestRecord record) {
		DeniableResponse deniable = new DeniableResponse(response, record);
		request.setAttribute(ATTRIBUTE, deniable);
		return deniable;
	}

	/**
	 * The response of the request that this thread works for, or {@code null} when that
	 * did not come through the gate.
	 */
	public static @Nullable PendingResponse current() {
		RequestAttributes request = RequestContextHolder.getRequestAttributes();
		return (request != null) ? (PendingResponse) request.getAttribute(ATTRIBUTE, RequestAttributes.SCOPE_REQUEST)
				: null;
	}

	@Override
	public RequestRecord record() {
		return this.record;
	}

	@Override
	public synchronized void deny(AccessDecision decision) {
		this.record.decided(decision);
		if (!this.ended && !isCommitted()) {
			this.denial = decision;
		}
	}

	@Override
	public synchronized void unknownMethod() {
		this.unknownMethod = !this.ended && !isCommitted()
				&& MirroredHeaders.areOf(this.record.connection().protocolVersion());
	}

	@Override
	public CompletionStage<Void> answer() {
		return this.record.end(status()).whenComplete((nothing, failure) -> {
			if (failure != null) {
				withdraw();
			}
		});
	}

	private int status() {
		return (this.denial != null) ? SC_FORBIDDEN : this.unknownMethod ? SC_NOT_FOUND : getStatus();
	}

	private synchronized void withdraw() {
		this.unrecorded = !this.ended && !isCommitted();
	}

	/**
	 * Whether the answer must not be sent because its event could not be written.
	 */
	boolean unrecorded() {
		return this.unrecorded;
	}

	/**
	 * Take no denial any more: the gate is done with the request.
	 * @return the denial, or {@code null} when there was none
	 */
	synchronized @Nullable AccessDecision end() {
		this.ended = true;
		return this.denial;
	}

	/**
	 * Whether what the transport has to say is not for clients: it can be an exception,
	 * serialized.
	 */
	boolean failed() {
		return this.unknownMethod || getStatus() >= SC_BAD_REQUEST;
	}

	/**
	 * Whether there is no such method, in a revision of MCP that has a status for that.
	 */
	boolean isUnknownMethod() {
		return this.unknownMethod;
	}

	private boolean passes() {
		return this.denial == null && !this.unrecorded && !failed();
	}

	/**
	 * No page for errors of the container or the application: they are for people.
	 */
	@Override
	public void sendError(int status) {
		setStatus(status);
	}

	@Override
	public void sendError(int status, @Nullable String message) {
		setStatus(status);
	}

	@Override
	public void flushBuffer() throws IOException {
		if (passes()) {
			super.flushBuffer();
		}
	}

	@Override
	public PrintWriter getWriter() throws IOException {
		return passes() ? super.getWriter() : new PrintWriter(Writer.nullWriter());
	}

	@Override
	public ServletOutputStream getOutputStream() throws IOException {
		ServletOutputStream out = super.getOutputStream();
		return new ServletOutputStream() {

			@Override
			public void write(int b) throws IOException {
				if (passes()) {
					out.write(b);
				}
			}

			@Override
			public void write(byte[] buffer, int offset, int length) throws IOException {
				if (passes()) {
					out.write(buffer, offset, length);
				}
			}

			@Override
			public void flush() throws IOException {
				if (passes()) {
					out.flush();
				}
			}

			@Override
			public void close() throws IOException {
				if (passes()) {
					out.close();
				}
			}

			@Override
			public boolean isReady() {
				return out.isReady();
			}

			@Override
			public void setWriteListener(WriteListener listener) {
				out.setWriteListener(listener);
			}

		};
	}

}
