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
 * The body of one request, bounded in size and in time. What has arrived is read at once;
 * the rest is awaited without a thread, so that clients which send slowly, or not at all,
 * hold none.
 */
final class RequestBody {

	/** The factor by which memory is extended. */
	private static final int GROWTH = 4;

	/** What is allocated at first for a body of unknown length. */
	private static final int UNKNOWN_LENGTH = 1024;

	/**
	 * How much is read of a body that is not needed, if that is more than the limit: a
	 * client that is still sending when the connection is closed may not see the
	 * response. As much as Tomcat reads by default.
	 */
	private static final int MAX_DISCARDED = 2 * 1024 * 1024;

	private static final byte[] NOTHING = {};

	private final HttpServletRequest request;

	private final BodyLimits limits;

	private final long start = System.nanoTime();

	private final boolean discarded;

	private final int maxSize;

	/** What was reserved of the memory that all bodies share. */
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
	 * A body that is to be kept. It takes from the memory of all bodies until it is
	 * {@linkplain #release() released}.
	 */
	static RequestBody kept(HttpServletRequest request, BodyLimits limits) {
		return new RequestBody(request, limits, limits.maxSize(), false);
	}

	/**
	 * A body that is to be kept, of a client without a token.
	 */
	static RequestBody anonymous(HttpServletRequest request, BodyLimits limits) {
		return new RequestBody(request, limits, Math.min(BodyLimits.SMALL, limits.maxSize()), false);
	}

	/**
	 * A body that is not needed, because the request is refused. It is read nevertheless:
	 * otherwise the container would read it, and hold a thread meanwhile.
	 */
	static RequestBody discarded(HttpServletRequest request, BodyLimits limits) {
		return new RequestBody(request, limits, limits.maxSize(), true);
	}

	/**
	 * Read what has arrived.
	 * @return whether that is all
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
	 * Whether as much was read as the body has by its length. What a filter unpacks may
	 * be longer than that, and is all there then.
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
	 * Allocate as much memory as the body has by its length, or some times as much as has
	 * arrived already; one byte more than the limit, so that a longer body is noticed. A
	 * request that never sends its body must not cost more than a small one.
	 */
	private void extend() throws Failure {
		long declared = this.request.getContentLengthLong();
		if (this.bytes.length == 0) {
			long first = Math.min((declared > 0) ? declared : UNKNOWN_LENGTH,
					Math.min(BodyLimits.SMALL, this.maxSize + 1L));
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

	/**
	 * Release the memory of the body, and of what it was parsed to.
	 */
	void release() {
		this.bytes = NOTHING;
		this.limits.release(this.reserved.getAndSet(0));
	}

	/**
	 * The body. It is not kept here any longer.
	 */
	byte[] take() {
		byte[] body = (this.bytes.length == this.length) ? this.bytes : Arrays.copyOf(this.bytes, this.length);
		this.bytes = NOTHING;
		return body;
	}

	/**
	 * Await the rest.
	 * @param completion is called once, on a thread of the container
	 */
	void await(Completion completion) throws IOException {
		AsyncContext async = this.request.startAsync();
		async.setTimeout(Math.max(1, remainingMillis()));
		Waiting waiting = new Waiting(async, completion);
		async.addListener(waiting);
		this.request.getInputStream().setReadListener(waiting);
	}

	/**
	 * What follows when a body is there, or cannot be had.
	 */
	@FunctionalInterface
	interface Completion {

		/**
		 * Go on.
		 * @param async the request, to be dispatched or completed
		 * @param failure why there is no body, or {@code null}
		 */
		void complete(AsyncContext async, @Nullable Failure failure) throws IOException;

	}

	/**
	 * Reads a body as it arrives.
	 */
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

		/**
		 * Whether the container itself has waited for too long.
		 */
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

	/**
	 * A body that cannot be had.
	 */
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

		/**
		 * Why.
		 */
		enum Kind {

			/** It is longer than is accepted. */
			TOO_LARGE,

			/** It has not arrived in time. */
			TOO_SLOW,

			/** The bodies of other requests take the memory that it needs. */
			NO_MEMORY,

			/** It ends early, or is malformed as HTTP has it. */
			UNREADABLE

		}

	}

}
