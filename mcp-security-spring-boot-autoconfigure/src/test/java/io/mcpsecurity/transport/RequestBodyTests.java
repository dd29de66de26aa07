package io.mcpsecurity.transport;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import io.mcpsecurity.transport.RequestBody.Failure;
import io.mcpsecurity.transport.RequestBody.Failure.Kind;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.mock.web.MockHttpServletRequest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A body is read up to the limit, whatever length it says to have. How it is awaited is
 * tested with real containers.
 */
class RequestBodyTests {

	private static final int LIMIT = 10_000;

	/** How much is read of a body that is not kept. */
	private static final int DISCARDED = 2 * 1024 * 1024;

	private static final BodyLimits LIMITS = new BodyLimits(LIMIT, Duration.ofSeconds(30));

	@ParameterizedTest
	@CsvSource({ "0, true", "0, false", "1, true", "1, false", "1024, true", "1024, false", "9999, true", "9999, false",
			"10000, true", "10000, false" })
	void bodyUpToMaxSizeIsRead(int size, boolean lengthKnown) throws Exception {
		byte[] bytes = "x".repeat(size).getBytes(StandardCharsets.UTF_8);
		RequestBody body = RequestBody.kept(new Request(bytes, lengthKnown ? size : -1), LIMITS);
		assertThat(body.read()).isTrue();
		assertThat(body.take()).isEqualTo(bytes);
	}

	@ParameterizedTest
	@CsvSource({ "10001, true", "10001, false", "1000000, true", "1000000, false" })
	void bodyBeyondMaxSizeIsRefused(int size, boolean lengthKnown) {
		Request request = new Request(new byte[size], lengthKnown ? size : -1);
		assertFails(RequestBody.kept(request, LIMITS), Kind.TOO_LARGE);
		assertThat(request.consumed).as("bytes read").isEqualTo(lengthKnown ? 0 : LIMIT + 1);
	}

	/**
	 * A client that is still sending may not see the response.
	 */
	@Test
	void discardedBodyIsReadUpToHigherLimit() throws Exception {
		Request request = new Request(new byte[DISCARDED], -1);
		assertThat(RequestBody.discarded(request, LIMITS).read()).isTrue();
		assertThat(request.consumed).isEqualTo(DISCARDED);
		Request longer = new Request(new byte[2 * DISCARDED], -1);
		assertFails(RequestBody.discarded(longer, LIMITS), Kind.TOO_LARGE);
		assertThat(longer.consumed).as("bytes read").isBetween(DISCARDED + 1, DISCARDED + LIMIT);
	}

	@ParameterizedTest
	@ValueSource(longs = { LIMIT + 1, Integer.MAX_VALUE, Integer.MAX_VALUE + 1L, Long.MAX_VALUE })
	void contentLengthBeyondMaxSizeIsRefusedWithoutReading(long length) {
		Request request = new Request(new byte[0], length);
		assertFails(RequestBody.kept(request, LIMITS), Kind.TOO_LARGE);
		assertThat(request.consumed).isZero();
	}

	/**
	 * As after a filter that unpacks bodies.
	 */
	@ParameterizedTest
	@CsvSource({ "5, 5", "5, 3", "5, 6", "5, 1000", "5, 10000", "999, 1000", "9999, 10000" })
	void actualSizeTakesPrecedenceOverContentLength(int said, int size) throws Exception {
		byte[] bytes = "0123456789".repeat(1000).substring(0, size).getBytes(StandardCharsets.UTF_8);
		RequestBody body = RequestBody.kept(new Request(bytes, said), LIMITS);
		assertThat(body.read()).isTrue();
		assertThat(body.take()).isEqualTo(bytes);
	}

	@Test
	void longBodyWithSmallContentLengthIsRefused() {
		assertFails(RequestBody.kept(new Request(new byte[LIMIT + 1], 5), LIMITS), Kind.TOO_LARGE);
	}

	/**
	 * Where a filter of the application does not support asynchronous requests.
	 */
	@Test
	void whenAsyncIsNotSupportedThenBodyIsReadUntilTimeout() {
		Request request = new Request(new byte[1000], -1);
		request.pause = 20;
		assertFails(RequestBody.kept(request, new BodyLimits(LIMIT, Duration.ofMillis(200))), Kind.TOO_SLOW);
		assertThat(request.consumed).isBetween(1, 11);
	}

	@Test
	void whenAsyncIsSupportedThenIncompleteBodyIsNotReadYet() throws Exception {
		Request request = new Request(new byte[1000], -1);
		request.pause = 1;
		request.setAsyncSupported(true);
		assertThat(RequestBody.kept(request, LIMITS).read()).isFalse();
		assertThat(request.consumed).isZero();
	}

	@Test
	void longBodiesShareMemoryUntilReleased() throws Exception {
		int size = 2 * BodyLimits.SMALL;
		BodyLimits limits = new BodyLimits(size, Duration.ofSeconds(30), size + BodyLimits.SMALL);
		RequestBody first = RequestBody.kept(new Request(new byte[size], size), limits);
		assertThat(first.read()).isTrue();
		for (int declared : new int[] { size, -1 }) {
			assertFails(RequestBody.kept(new Request(new byte[size], declared), limits), Kind.NO_MEMORY);
		}
		assertThat(RequestBody.kept(new Request(new byte[BodyLimits.SMALL], -1), limits).read()).isTrue();
		first.take();
		assertFails(RequestBody.kept(new Request(new byte[size], size), limits), Kind.NO_MEMORY);
		first.release();
		first.release();
		assertThat(RequestBody.kept(new Request(new byte[size], size), limits).read()).isTrue();
		assertFails(RequestBody.kept(new Request(new byte[size], size), limits), Kind.NO_MEMORY);
	}

	@Test
	void anonymousBodiesHaveLowerSizeLimit() throws Exception {
		BodyLimits limits = new BodyLimits(10 * BodyLimits.SMALL, Duration.ofSeconds(30));
		assertThat(RequestBody.anonymous(new Request(new byte[BodyLimits.SMALL], -1), limits).read()).isTrue();
		assertFails(RequestBody.anonymous(new Request(new byte[BodyLimits.SMALL + 1], -1), limits), Kind.TOO_LARGE);
		assertFails(RequestBody.anonymous(new Request(new byte[LIMIT + 1], -1), LIMITS), Kind.TOO_LARGE);
	}

	@Test
	void interruptedBodyIsUnreadable() {
		Request request = new Request(new byte[1000], 1000);
		request.broken = true;
		assertFails(RequestBody.kept(request, LIMITS), Kind.UNREADABLE);
	}

	@Test
	void takeReleasesBytes() throws Exception {
		RequestBody body = RequestBody.kept(new Request(new byte[] { 1 }, 1), LIMITS);
		assertThat(body.read()).isTrue();
		assertThat(body.take()).hasSize(1);
		assertThat(body).extracting("bytes").isEqualTo(new byte[0]);
	}

	private static void assertFails(RequestBody body, Kind kind) {
		assertThatExceptionOfType(Failure.class).isThrownBy(body::read)
			.satisfies((failure) -> assertThat(failure.kind()).isEqualTo(kind));
	}

	/**
	 * A request whose body may be of another length than it says, or does not say.
	 */
	private static final class Request extends MockHttpServletRequest {

		private final byte[] body;

		private final long length;

		private int consumed;

		/** How long each byte takes, in milliseconds. */
		private long pause;

		private boolean broken;

		Request(byte[] body, long length) {
			this.body = body;
			this.length = length;
		}

		@Override
		public long getContentLengthLong() {
			return this.length;
		}

		@Override
		public ServletInputStream getInputStream() {
			return new Body();
		}

		private final class Body extends ServletInputStream {

			@Override
			public int read() throws IOException {
				byte[] one = new byte[1];
				return (read(one, 0, 1) > 0) ? one[0] & 0xFF : -1;
			}

			@Override
			public int read(byte[] buffer, int offset, int length) throws IOException {
				if (Request.this.broken) {
					throw new IOException("broken");
				}
				if (isFinished()) {
					return -1;
				}
				if (Request.this.pause > 0) {
					sleep();
				}
				int count = Math.min((Request.this.pause > 0) ? 1 : length,
						Request.this.body.length - Request.this.consumed);
				System.arraycopy(Request.this.body, Request.this.consumed, buffer, offset, count);
				Request.this.consumed += count;
				return count;
			}

			private void sleep() {
				try {
					Thread.sleep(Request.this.pause);
				}
				catch (InterruptedException ex) {
					throw new IllegalStateException(ex);
				}
			}

			@Override
			public int available() {
				return (Request.this.pause > 0) ? 0 : Request.this.body.length - Request.this.consumed;
			}

			@Override
			public boolean isFinished() {
				return Request.this.consumed == Request.this.body.length;
			}

			@Override
			public boolean isReady() {
				return true;
			}

			@Override
			public void setReadListener(ReadListener listener) {
				throw new IllegalStateException();
			}

		}

	}

}
