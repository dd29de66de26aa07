package io.mcpsecurity.autoconfigure;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Semaphore;

import io.mcpsecurity.web.UnreadBody;
import jakarta.servlet.ServletException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.apache.tomcat.util.net.ApplicationBufferHandler;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * Bounds what Tomcat does with the rest of a body when the answer is given. It reads that
 * rest, so that a client that is still sending sees the answer and can use the connection
 * again, but by itself it waits for each byte, for ever, on one of its threads. With this
 * valve it is bounded in time and in threads, for MCP endpoints; beyond that the
 * connection is closed.
 */
final class UnreadBodyValve extends ValveBase {

	/** How many requests may wait for bodies that nobody needs, at once. */
	private static final int MAX_WAITING = 16;

	private final Semaphore waiting = new Semaphore(MAX_WAITING);

	UnreadBodyValve() {
		super(true);
	}

	@Override
	public void invoke(Request request, Response response) throws IOException, ServletException {
		getNext().invoke(request, response);
		Duration patience = UnreadBody.patience(request);
		// Who asked whether to send the body sends none after such an answer.
		if (patience != null && !request.isAsync() && request.getHeader(HttpHeaders.EXPECT) == null
				&& !request.getCoyoteRequest().isFinished() && !drop(request, response, patience)) {
			request.getCoyoteRequest().action(ActionCode.DISABLE_SWALLOW_INPUT, null);
		}
	}

	/**
	 * Read the rest.
	 * @return whether that came to an end
	 */
	private boolean drop(Request request, Response response, Duration patience) throws IOException {
		if (patience.isZero() || !this.waiting.tryAcquire()) {
			return false;
		}
		try {
			long start = System.nanoTime();
			long dropped = 0;
			long most = request.getConnector().getProperty("maxSwallowSize") instanceof Integer size ? size : 0;
			response.flushBuffer();
			Dropped data = new Dropped();
			while (!request.getCoyoteRequest().isFinished()) {
				int read = request.getCoyoteRequest().doRead(data);
				if (read < 0) {
					return true;
				}
				dropped += read;
				if (dropped > most && most >= 0 || System.nanoTime() - start > patience.toNanos()) {
					return false;
				}
			}
			return true;
		}
		finally {
			this.waiting.release();
		}
	}

	/**
	 * Takes what Tomcat has read, and does nothing with it.
	 */
	private static final class Dropped implements ApplicationBufferHandler {

		private @Nullable ByteBuffer buffer;

		@Override
		public void setByteBuffer(ByteBuffer buffer) {
			this.buffer = buffer;
		}

		@Override
		public @Nullable ByteBuffer getByteBuffer() {
			return this.buffer;
		}

		@Override
		public void expand(int size) {
			// There is nothing to keep.
		}

	}

}
