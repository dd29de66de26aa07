package io.mcpsecurity.web;

import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

import io.mcpsecurity.session.OpenStream;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import org.jspecify.annotations.Nullable;

import org.springframework.http.MediaType;

/**
 * A response that can be ended while it is a stream of events, also by another thread
 * than those that write to it, and that tells which session it opens before the client
 * gets to know.
 */
final class SessionResponse extends HttpServletResponseWrapper implements OpenStream {

	private final Consumer<String> sessionOpened;

	/** Held by whoever uses the container's response. */
	private final ReentrantLock lock = new ReentrantLock();

	private volatile boolean stopped;

	private boolean ended;

	private @Nullable AsyncContext async;

	/**
	 * Create a response.
	 * @param response the container's
	 * @param sessionOpened told the id of the session that the answer opens
	 */
	SessionResponse(HttpServletResponse response, Consumer<String> sessionOpened) {
		super(response);
		this.sessionOpened = sessionOpened;
	}

	/**
	 * The thread of the request has returned, and the response goes on.
	 */
	void goesOn(AsyncContext async) {
		this.lock.lock();
		try {
			this.async = async;
			if (this.ended) {
				complete(async);
			}
		}
		finally {
			this.lock.unlock();
		}
		endIfStopped();
	}

	@Override
	public void stop() {
		String type = getContentType();
		this.stopped = type != null && type.startsWith(MediaType.TEXT_EVENT_STREAM_VALUE);
	}

	@Override
	public void end() {
		endIfStopped();
	}

	/**
	 * If somebody is just writing, that thread ends the stream when it is done.
	 */
	private void endIfStopped() {
		if (!this.stopped || !this.lock.tryLock()) {
			return;
		}
		try {
			if (this.ended) {
				return;
			}
			this.ended = true;
			if (this.async != null) {
				complete(this.async);
			}
			else {
				// The handler has not returned, and its thread may take long.
				super.getOutputStream().close();
			}
		}
		catch (IOException ex) {
			// The client has gone: so the stream has ended.
		}
		finally {
			this.lock.unlock();
		}
	}

	private static void complete(AsyncContext async) {
		try {
			async.complete();
		}
		catch (IllegalStateException ex) {
			// It is being completed already.
		}
	}

	private void unlessStopped(Use use) throws IOException {
		this.lock.lock();
		try {
			if (!this.stopped) {
				use.use();
			}
		}
		finally {
			this.lock.unlock();
			endIfStopped();
		}
	}

	@Override
	public void setHeader(String name, @Nullable String value) {
		noteSession(name, value);
		super.setHeader(name, value);
	}

	@Override
	public void addHeader(String name, @Nullable String value) {
		noteSession(name, value);
		super.addHeader(name, value);
	}

	private void noteSession(String name, @Nullable String value) {
		if (value != null && name.equalsIgnoreCase(SessionFilter.SESSION_ID)) {
			this.sessionOpened.accept(value);
		}
	}

	@Override
	public void flushBuffer() throws IOException {
		unlessStopped(super::flushBuffer);
	}

	@Override
	public ServletOutputStream getOutputStream() throws IOException {
		ServletOutputStream out = super.getOutputStream();
		return new ServletOutputStream() {

			@Override
			public void write(int b) throws IOException {
				unlessStopped(() -> out.write(b));
			}

			@Override
			public void write(byte[] buffer, int offset, int length) throws IOException {
				unlessStopped(() -> out.write(buffer, offset, length));
			}

			@Override
			public void flush() throws IOException {
				unlessStopped(out::flush);
			}

			@Override
			public void close() throws IOException {
				unlessStopped(out::close);
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

	/**
	 * Something that is done with the container's response.
	 */
	private interface Use {

		void use() throws IOException;

	}

}
