package io.mcpsecurity.transport;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The limits of bodies: the size and the read timeout of each body, and the memory of all
 * concurrent bodies.
 */
public final class BodyLimits {

	/**
	 * The maximum size of a message without arguments, and of every message of a client
	 * without a token, in bytes. Bodies up to this size do not count towards the memory
	 * of all bodies.
	 */
	static final int SMALL = 64 * 1024;

	/**
	 * The fraction of the heap for all larger bodies. A parsed body can need ten times as
	 * much memory as its bytes.
	 */
	private static final int PART_OF_HEAP = 32;

	private final int maxSize;

	private final Duration readTimeout;

	private final AtomicLong available;

	/**
	 * Create limits.
	 * @param maxSize the maximum size of a body in bytes
	 * @param readTimeout the timeout for reading a complete body; the timeout of a
	 * container restarts with each byte
	 */
	public BodyLimits(int maxSize, Duration readTimeout) {
		this(maxSize, readTimeout, Math.max(maxSize, Runtime.getRuntime().maxMemory() / PART_OF_HEAP));
	}

	BodyLimits(int maxSize, Duration readTimeout, long memory) {
		this.maxSize = maxSize;
		this.readTimeout = readTimeout;
		this.available = new AtomicLong(memory);
	}

	int maxSize() {
		return this.maxSize;
	}

	Duration readTimeout() {
		return this.readTimeout;
	}

	/**
	 * Reserve memory for a body.
	 * @return whether there is enough
	 */
	boolean reserve(long bytes) {
		if (this.available.addAndGet(-bytes) >= 0) {
			return true;
		}
		this.available.addAndGet(bytes);
		return false;
	}

	void release(long bytes) {
		this.available.addAndGet(bytes);
	}

}
