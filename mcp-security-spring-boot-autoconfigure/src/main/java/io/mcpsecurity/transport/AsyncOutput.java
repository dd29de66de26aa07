package io.mcpsecurity.transport;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;

/**
 * Writes to a response whose request thread has returned, without waiting for the client:
 * any thread adds what is to be written, and the container asks for it when the
 * connection takes more. A client that does not read is disconnected.
 */
final class AsyncOutput implements WriteListener {

	/** The maximum of bytes that wait for a client that does not read. */
	private static final int MAX_QUEUED = 4 * 1024 * 1024;

	private final AsyncContext async;

	private final ServletOutputStream out;

	private final ReentrantLock lock = new ReentrantLock();

	private final Deque<byte[]> queue = new ArrayDeque<>();

	private long queued;

	private boolean flush;

	private boolean closing;

	private boolean closed;

	private AsyncOutput(AsyncContext async, ServletOutputStream out) {
		this.async = async;
		this.out = out;
	}

	/**
	 * Begin to write. Status and headers must have been set.
	 * @param async the request, whose asynchronous processing has begun
	 */
	static AsyncOutput begin(AsyncContext async) throws IOException {
		AsyncOutput output = new AsyncOutput(async, async.getResponse().getOutputStream());
		output.flush = true;
		output.out.setWriteListener(output);
		return output;
	}

	/**
	 * Write something, now or as soon as the connection takes it.
	 * @return whether the client may still get it
	 */
	boolean write(byte[] bytes) {
		this.lock.lock();
		try {
			if (this.closing || this.closed) {
				return false;
			}
			this.queue.add(bytes);
			this.queued += bytes.length;
			if (this.queued > MAX_QUEUED && this.queue.size() > 1) {
				close();
				return false;
			}
			drain();
			return !this.closed;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Complete the response when everything is written.
	 */
	void complete() {
		this.lock.lock();
		try {
			this.closing = true;
			drain();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Complete the response now; what has not been written is dropped.
	 */
	void abort() {
		this.lock.lock();
		try {
			close();
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public void onWritePossible() {
		this.lock.lock();
		try {
			drain();
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public void onError(Throwable failure) {
		abort();
	}

	private void drain() {
		try {
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
		catch (IOException | IllegalStateException ex) {
			// The client is gone.
			close();
		}
	}

	private void close() {
		if (this.closed) {
			return;
		}
		this.closed = true;
		this.queue.clear();
		try {
			this.async.complete();
		}
		catch (IllegalStateException ex) {
			// It is complete already.
		}
	}

}
