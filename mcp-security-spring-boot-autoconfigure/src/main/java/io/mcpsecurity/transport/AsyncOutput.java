package io.mcpsecurity.transport;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import org.jspecify.annotations.Nullable;

/**
 * The output of a request that continues after its thread has returned. It never waits
 * for the client: any thread can add data, and the container requests it when the
 * connection accepts more. A client that does not read is disconnected.
 * <p>
 * The container calls {@link #onComplete} while it holds its own locks, so that method
 * must not wait for the lock of this object.
 */
final class AsyncOutput implements WriteListener, AsyncListener {

	/** The maximum number of bytes that are queued for a client that does not read. */
	private static final int MAX_QUEUED = 4 * 1024 * 1024;

	private final AsyncContext async;

	private final Runnable ended;

	private final ReentrantLock lock = new ReentrantLock();

	private final Deque<byte[]> queue = new ArrayDeque<>();

	private final AtomicBoolean over = new AtomicBoolean();

	private @Nullable ServletOutputStream out;

	private long queued;

	private boolean flush;

	private boolean closing;

	private boolean overflowed;

	private volatile boolean closed;

	private AsyncOutput(AsyncContext async, Runnable ended) {
		this.async = async;
		this.ended = ended;
	}

	/**
	 * Continue without the request's thread.
	 * @param call the request and its response, as filters may have wrapped it
	 * @param ended called once when the response has ended, for any reason
	 */
	static AsyncOutput start(HttpCall call, Runnable ended) {
		AsyncOutput output = new AsyncOutput(call.request().startAsync(call.request(), call.response()), ended);
		output.async.setTimeout(0);
		output.async.addListener(output);
		return output;
	}

	/** Send status and headers, which must have been set. */
	void open() {
		locked(() -> {
			this.flush = true;
			drain();
		});
	}

	/**
	 * Write bytes, now or as soon as the connection accepts them. Status and headers must
	 * have been set.
	 * @return whether the client can still receive it
	 */
	boolean write(byte[] bytes) {
		this.lock.lock();
		try {
			if (this.closing || this.closed) {
				return false;
			}
			this.queue.add(bytes);
			this.queued += bytes.length;
			drain();
			if (this.queued > MAX_QUEUED && this.queue.size() > 1) {
				overflow();
			}
			return !this.closed;
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Complete the response when everything is written. */
	void complete() {
		locked(() -> {
			this.closing = true;
			drain();
		});
	}

	/** Complete the response, and drop what has not been written. */
	void end() {
		locked(() -> {
			this.queue.clear();
			this.closing = true;
			drain();
		});
	}

	@Override
	public void onWritePossible() throws IOException {
		this.lock.lock();
		try {
			if (this.overflowed) {
				throw new IOException("The client has not read");
			}
			drain();
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public void onError(Throwable failure) {
		locked(this::close);
	}

	private void locked(Runnable action) {
		this.lock.lock();
		try {
			action.run();
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public void onComplete(AsyncEvent event) {
		this.closed = true;
		if (this.over.compareAndSet(false, true)) {
			this.ended.run();
		}
	}

	@Override
	public void onTimeout(AsyncEvent event) {
		// There is no timeout.
	}

	@Override
	public void onError(AsyncEvent event) {
		// The container completes it.
	}

	@Override
	public void onStartAsync(AsyncEvent event) {
		// It is not started again.
	}

	private void drain() {
		try {
			if (this.out == null) {
				this.out = this.async.getResponse().getOutputStream();
				this.out.setWriteListener(this);
			}
			while (!this.closed && this.out.isReady()) {
				byte[] next = this.queue.poll();
				if (next != null) {
					this.out.write(next);
					this.queued -= next.length;
					this.flush = true;
				}
				else if (this.closing) {
					close();
				}
				else if (this.flush) {
					this.flush = false;
					this.out.flush();
				}
				else {
					return;
				}
			}
		}
		catch (IOException | RuntimeException ex) {
			// The client is gone, or the container has ended the response meanwhile.
			close();
		}
	}

	/**
	 * Stop writing. The response is not completed, because the container would then use a
	 * thread to wait until the client has read the container's buffers. The container
	 * closes the connection when its write timeout expires, or when the client reads
	 * again.
	 */
	private void overflow() {
		this.overflowed = true;
		this.closed = true;
		this.queue.clear();
	}

	private void close() {
		if (this.closed && !this.overflowed) {
			return;
		}
		this.closed = true;
		this.queue.clear();
		try {
			this.async.complete();
		}
		catch (IllegalStateException ex) {
			// The response is already complete.
		}
	}

}
