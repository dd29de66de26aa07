package io.mcpsecurity.web;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * A request whose body has been read: the transport behind the gate gets the very bytes
 * that the gate decided by. Whoever asks for all of them at once takes them along: a long
 * body is neither in memory twice nor longer than it is used.
 */
final class BufferedRequest extends HttpServletRequestWrapper {

	/**
	 * How long a body may say to be and have memory taken for it before it comes: a
	 * request that never sends its body must not cost more.
	 */
	private static final int TRUSTED_LENGTH = 64 * 1024;

	/** How much more memory is taken when what was taken is full. */
	private static final int GROWTH = 4;

	/** The memory that is taken at first for a body that does not say how long it is. */
	private static final int UNKNOWN_LENGTH = 1024;

	private static final byte[] TAKEN = {};

	private final int length;

	private byte[] body;

	private BufferedRequest(HttpServletRequest request, byte[] body) {
		super(request);
		this.length = body.length;
		this.body = body;
	}

	/**
	 * Read a request's body.
	 * @param request the request
	 * @param limits the most bytes, and time, to accept
	 * @param nanos a clock that only goes forward, in nanoseconds
	 * @return the request with its body in memory
	 * @throws TooLargeException if the body is longer; what was read of it is dropped
	 * @throws TooSlowException if it is not there in time
	 * @throws UnreadableException if the body ends early, is malformed as HTTP has it or
	 * stops coming for longer than the container waits
	 */
	static BufferedRequest read(HttpServletRequest request, BodyLimits limits, LongSupplier nanos)
			throws TooLargeException, TooSlowException, UnreadableException {
		int maxSize = limits.maxSize();
		if (request.getContentLengthLong() > maxSize) {
			throw new TooLargeException();
		}
		try {
			InputStream in = new TimedStream(request.getInputStream(), limits.readTimeout(), nanos);
			return new BufferedRequest(request, read(in, (int) request.getContentLengthLong(), maxSize));
		}
		catch (TimeoutException ex) {
			throw new TooSlowException();
		}
		catch (IOException ex) {
			throw new UnreadableException();
		}
	}

	/**
	 * Read a body into as much memory as it says it takes, or some times as much as has
	 * come already. A filter that unpacks bodies may leave the length as it was, so what
	 * comes beyond counts, too.
	 * @param length how long the body says to be; negative if it does not say
	 */
	private static byte[] read(InputStream in, int length, int maxSize) throws IOException, TooLargeException {
		byte[] body = new byte[Math.min((length >= 0) ? length : UNKNOWN_LENGTH, Math.min(TRUSTED_LENGTH, maxSize))];
		int read = in.readNBytes(body, 0, body.length);
		while (read == body.length) {
			int next = in.read();
			if (next == -1) {
				return body;
			}
			if (read == maxSize) {
				throw new TooLargeException();
			}
			int more = (int) Math.min((long) GROWTH * Math.max(read, UNKNOWN_LENGTH), maxSize);
			body = Arrays.copyOf(body, (read < length) ? Math.min(more, length) : more);
			body[read] = (byte) next;
			read += 1 + in.readNBytes(body, read + 1, body.length - read - 1);
		}
		return Arrays.copyOf(body, read);
	}

	/**
	 * The body, or nothing when it has been taken.
	 */
	byte[] body() {
		return this.body;
	}

	/**
	 * The same request with another body.
	 */
	BufferedRequest with(byte[] body) {
		return new BufferedRequest((HttpServletRequest) getRequest(), body);
	}

	@Override
	public int getContentLength() {
		return this.length;
	}

	@Override
	public long getContentLengthLong() {
		return this.length;
	}

	@Override
	public @Nullable String getHeader(String name) {
		String value = super.getHeader(name);
		return (value != null && isLength(name)) ? String.valueOf(this.length) : value;
	}

	/**
	 * Readers go by the header, so it must not tell the length of another body.
	 */
	@Override
	public Enumeration<String> getHeaders(String name) {
		String length = isLength(name) ? getHeader(name) : null;
		return (length != null) ? Collections.enumeration(List.of(length)) : super.getHeaders(name);
	}

	private static boolean isLength(String name) {
		return HttpHeaders.CONTENT_LENGTH.equalsIgnoreCase(name);
	}

	@Override
	public BufferedReader getReader() {
		return new BufferedReader(new InputStreamReader(getInputStream(), StandardCharsets.UTF_8));
	}

	/**
	 * The body from its beginning, whoever has read parts of it before.
	 */
	@Override
	public ServletInputStream getInputStream() {
		return new BodyStream();
	}

	/**
	 * The body is longer than is accepted.
	 */
	static final class TooLargeException extends Exception {

		private static final long serialVersionUID = 1L;

	}

	/**
	 * The body was not there in time.
	 */
	static final class TooSlowException extends Exception {

		private static final long serialVersionUID = 1L;

	}

	/**
	 * The body could not be read to its end.
	 */
	static final class UnreadableException extends Exception {

		private static final long serialVersionUID = 1L;

	}

	/**
	 * Reads the body, and takes it if asked for all of it.
	 */
	private final class BodyStream extends ServletInputStream {

		private int next;

		@Override
		public int read() {
			return isFinished() ? -1 : Byte.toUnsignedInt(BufferedRequest.this.body[this.next++]);
		}

		@Override
		public int read(byte[] buffer, int offset, int length) {
			Objects.checkFromIndexSize(offset, length, buffer.length);
			if (length > 0 && isFinished()) {
				return -1;
			}
			int count = Math.min(length, available());
			System.arraycopy(BufferedRequest.this.body, this.next, buffer, offset, count);
			this.next += count;
			return count;
		}

		@Override
		public byte[] readAllBytes() throws IOException {
			return readNBytes(Integer.MAX_VALUE);
		}

		@Override
		public byte[] readNBytes(int length) throws IOException {
			if (this.next > 0 || length < available()) {
				return super.readNBytes(length);
			}
			byte[] all = BufferedRequest.this.body;
			BufferedRequest.this.body = TAKEN;
			return all;
		}

		@Override
		public int available() {
			return Math.max(0, BufferedRequest.this.body.length - this.next);
		}

		@Override
		public boolean isFinished() {
			return available() == 0;
		}

		@Override
		public boolean isReady() {
			return true;
		}

		@Override
		public void setReadListener(ReadListener listener) {
			throw new IllegalStateException("The body has been read already");
		}

	}

	/**
	 * Reads until a time is over, however many reads that takes. Each of them waits for
	 * at least one byte, as long as the container lets it.
	 */
	private static final class TimedStream extends InputStream {

		private final InputStream in;

		private final long start;

		private final long nanos;

		private final LongSupplier clock;

		TimedStream(InputStream in, Duration timeout, LongSupplier clock) {
			this.in = in;
			this.start = clock.getAsLong();
			this.nanos = timeout.toNanos();
			this.clock = clock;
		}

		@Override
		public int read() throws IOException {
			check();
			return this.in.read();
		}

		@Override
		public int read(byte[] buffer, int offset, int length) throws IOException {
			check();
			return this.in.read(buffer, offset, length);
		}

		private void check() throws TimeoutException {
			if (this.clock.getAsLong() - this.start > this.nanos) {
				throw new TimeoutException();
			}
		}

	}

	private static final class TimeoutException extends IOException {

		private static final long serialVersionUID = 1L;

	}

}
