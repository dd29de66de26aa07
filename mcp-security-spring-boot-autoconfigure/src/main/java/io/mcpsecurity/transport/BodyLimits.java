package io.mcpsecurity.transport;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The limits of bodies: of each in size and time, and of all that are served at the same
 * time in memory.
 */
public final class BodyLimits {

	/**
	 * The maximum size of a message that has no arguments, and of every message of a
	 * client without a token, in bytes. It is read whatever else is in memory.
	 */
	static final int SMALL = 64 * 1024;

	/**
	 * The part of the heap that larger bodies may take together. A parsed body can take
	 * ten times as much as its bytes.
	 */
	private static final int PART_OF_HEAP = 32;

	private final int maxSize;

	private final Duration readTimeout;

	private final AtomicLong available;

	/**
	 * Create limits.
	 * @param maxSize the maximum size of a body in bytes
	 * @param readTimeout the maximum time from when a body is begun to be read to when it
	 * is complete; the timeout of a container starts again with each byte
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
