package io.mcpsecurity.transport;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

import io.mcpsecurity.transport.RequestBody.Failure.Kind;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * The body of one request, with a size limit and a timeout. Data that has arrived is read
 * at once. The rest is awaited without a thread, so that clients that send slowly or not
 * at all do not block one.
 */
final class RequestBody {

	/** The factor by which memory is extended. */
	private static final int GROWTH = 4;

	/** The initial size of the buffer for a body of unknown length. */
	private static final int UNKNOWN_LENGTH = 1024;

	/** The size of the buffer for what is read but not kept. */
	private static final int DISCARDED_LENGTH = 8 * 1024;

	/**
	 * The maximum size to read of a body that is not needed, if that is more than the
	 * limit. A client that is still sending when the connection is closed may not receive
	 * the response. Tomcat has the same default.
	 */
	private static final int MAX_DISCARDED = 2 * 1024 * 1024;

	private static final byte[] NOTHING = {};

	private final HttpServletRequest request;

	private final BodyLimits limits;

	private final long start = System.nanoTime();

	private final boolean discarded;

	private final int maxSize;

	/** The amount that is reserved of the memory for all bodies. */
	private final AtomicLong reserved = new AtomicLong();

	private byte[] bytes = NOTHING;

	private int length;

	private boolean ended;

	private RequestBody(HttpServletRequest request, BodyLimits limits, int maxSize, boolean discarded) {
		this.request = request;
		this.limits = limits;
		this.maxSize = maxSize;
		this.discarded = discarded;
	}

	/**
	 * A body that is kept. It uses the memory for all bodies until it is
	 * {@linkplain #release() released}.
	 */
	static RequestBody kept(HttpServletRequest request, BodyLimits limits) {
		return new RequestBody(request, limits, limits.maxSize(), false);
	}

	/** A body of a client without a token that is kept. */
	static RequestBody anonymous(HttpServletRequest request, BodyLimits limits) {
		return new RequestBody(request, limits, Math.min(BodyLimits.SMALL, limits.maxSize()), false);
	}

	/**
	 * A body that is not needed, because the request is refused. It is still read,
	 * because otherwise the container would read it and block a thread.
	 */
	static RequestBody discarded(HttpServletRequest request, BodyLimits limits) {
		return new RequestBody(request, limits, limits.maxSize(), true);
	}

	/**
	 * Read the data that has arrived.
	 * @return whether the body is complete
	 * @throws Failure if the body is too long or malformed
	 */
	boolean read() throws Failure {
		if (this.request.getContentLengthLong() > this.maxSize) {
			throw new Failure(Kind.TOO_LARGE);
		}
		try {
			ServletInputStream in = this.request.getInputStream();
			while (!isComplete(in)) {
				if (in.available() > 0 || isRead()) {
					readFrom(in);
				}
				else if (!this.request.isAsyncSupported()) {
					checkTime();
					readFrom(in);
				}
				else {
					return false;
				}
			}
			return true;
		}
		catch (IOException ex) {
			throw new Failure(Kind.UNREADABLE);
		}
	}

	private boolean isComplete(ServletInputStream in) {
		return this.ended || this.request.getContentLengthLong() == 0 || in.isFinished();
	}

	/**
	 * Whether the declared length was read. A body that a filter decompresses can be
	 * longer, and is available completely.
	 */
	private boolean isRead() {
		return this.length > 0 && this.length >= this.request.getContentLengthLong()
				&& this.request.getContentLengthLong() > 0;
	}

	private void checkTime() throws Failure {
		if (remainingMillis() <= 0) {
			throw new Failure(Kind.TOO_SLOW);
		}
	}

	private long remainingMillis() {
		return this.limits.readTimeout().toMillis() - (System.nanoTime() - this.start) / 1_000_000;
	}

	private void readFrom(ServletInputStream in) throws IOException, Failure {
		if (this.length == this.bytes.length) {
			extend();
		}
		int offset = this.discarded ? 0 : this.length;
		int read = in.read(this.bytes, offset, this.bytes.length - offset);
		if (read < 0) {
			this.ended = true;
			return;
		}
		this.length += read;
		if (this.length > (this.discarded ? Math.max(MAX_DISCARDED, this.maxSize) : this.maxSize)) {
			throw new Failure(Kind.TOO_LARGE);
		}
	}

	/**
	 * Extend the buffer to the declared length of the body, or to a multiple of what has
	 * arrived. The maximum is one byte more than the limit, so that a longer body is
	 * detected. A request that never sends its body does not use more memory than a small
	 * one.
	 */
	private void extend() throws Failure {
		long declared = this.request.getContentLengthLong();
		if (this.bytes.length == 0) {
			long expected = this.discarded ? DISCARDED_LENGTH : (declared > 0) ? declared : UNKNOWN_LENGTH;
			long first = Math.min(expected, Math.min(BodyLimits.SMALL, this.maxSize + 1L));
			this.bytes = new byte[(int) first];
		}
		else if (!this.discarded) {
			long more = Math.min((long) GROWTH * Math.max(this.length, UNKNOWN_LENGTH), this.maxSize + 1L);
			long size = (this.length < declared) ? Math.min(more, declared) : more;
			if (size > BodyLimits.SMALL) {
				reserve(size);
			}
			this.bytes = Arrays.copyOf(this.bytes, (int) size);
		}
	}

	private void reserve(long size) throws Failure {
		long more = size - this.reserved.get();
		if (!this.limits.reserve(more)) {
			throw new Failure(Kind.NO_MEMORY);
		}
		this.reserved.addAndGet(more);
	}

	/** Release the memory that is reserved for the body and the parsed message. */
	void release() {
		this.bytes = NOTHING;
		this.limits.release(this.reserved.getAndSet(0));
	}

	/** Return the body, and drop the reference to it. */
	byte[] take() {
		byte[] body = (this.bytes.length == this.length) ? this.bytes : Arrays.copyOf(this.bytes, this.length);
		this.bytes = NOTHING;
		return body;
	}

	/**
	 * Await the rest of the body.
	 * @param completion called once, on a thread of the container
	 */
	void await(Completion completion) throws IOException {
		AsyncContext async = this.request.startAsync();
		async.setTimeout(Math.max(1, remainingMillis()));
		Waiting waiting = new Waiting(async, completion);
		async.addListener(waiting);
		this.request.getInputStream().setReadListener(waiting);
	}

	/** Called when the body is complete, or has failed. */
	@FunctionalInterface
	interface Completion {

		/**
		 * Continue.
		 * @param async the request, to be dispatched or completed
		 * @param failure the failure, or {@code null}
		 */
		void complete(AsyncContext async, @Nullable Failure failure) throws IOException;

	}

	/** Reads a body as it arrives. */
	private final class Waiting implements ReadListener, AsyncListener {

		private final AsyncContext async;

		private final Completion completion;

		private final AtomicBoolean completed = new AtomicBoolean();

		Waiting(AsyncContext async, Completion completion) {
			this.async = async;
			this.completion = completion;
		}

		@Override
		public void onDataAvailable() throws IOException {
			ServletInputStream in = RequestBody.this.request.getInputStream();
			try {
				while (in.isReady() && !isComplete(in)) {
					readFrom(in);
				}
			}
			catch (Failure ex) {
				complete(ex);
			}
		}

		@Override
		public void onAllDataRead() throws IOException {
			complete(null);
		}

		@Override
		public void onError(Throwable failure) {
			try {
				complete(new Failure(isTimeout(failure) ? Kind.TOO_SLOW : Kind.UNREADABLE));
			}
			catch (IOException ex) {
				// The client is gone.
			}
		}

		/** Whether the container's own timeout has expired. */
		private boolean isTimeout(Throwable failure) {
			return failure instanceof SocketTimeoutException || failure instanceof TimeoutException
					|| failure.getCause() instanceof TimeoutException;
		}

		@Override
		public void onTimeout(AsyncEvent event) throws IOException {
			complete(new Failure(Kind.TOO_SLOW));
		}

		private void complete(@Nullable Failure failure) throws IOException {
			if (this.completed.compareAndSet(false, true)) {
				this.completion.complete(this.async, failure);
			}
		}

		@Override
		public void onError(AsyncEvent event) {
		}

		@Override
		public void onComplete(AsyncEvent event) {
		}

		@Override
		public void onStartAsync(AsyncEvent event) {
		}

	}

	/** A failure to read a body. */
	static final class Failure extends Exception {

		private static final long serialVersionUID = 1L;

		private final Kind kind;

		Failure(Kind kind) {
			super(kind.name(), null, false, false);
			this.kind = kind;
		}

		Kind kind() {
			return this.kind;
		}

		/** The kinds of failures. */
		enum Kind {

			/** The body exceeds the maximum size. */
			TOO_LARGE,

			/** The read timeout has expired. */
			TOO_SLOW,

			/** The bodies of other requests use the memory. */
			NO_MEMORY,

			/** The body ends early, or its HTTP encoding is malformed. */
			UNREADABLE

		}

	}

}
