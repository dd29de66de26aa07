package io.mcpsecurity.web;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

import io.mcpsecurity.web.BufferedRequest.TooLargeException;
import io.mcpsecurity.web.BufferedRequest.TooSlowException;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.mock.web.DelegatingServletInputStream;
import org.springframework.mock.web.MockHttpServletRequest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * A body is read up to the limit and no further, and given on as it was.
 */
class BufferedRequestTests {

	private static final int LIMIT = 1000;

	private static final BodyLimits LIMITS = new BodyLimits(LIMIT, Duration.ofSeconds(30));

	@ParameterizedTest
	@CsvSource({ "0, true", "0, false", "1, true", "1, false", "999, true", "999, false", "1000, true", "1000, false" })
	void aBodyUpToTheLimitIsRead(int size, boolean lengthKnown) throws Exception {
		byte[] body = "x".repeat(size).getBytes(StandardCharsets.UTF_8);
		BufferedRequest request = read(new Request(body, lengthKnown ? size : -1));
		assertThat(request.body()).isEqualTo(body);
		assertThat(request.getContentLength()).isEqualTo(size);
		assertThat(request.getContentLengthLong()).isEqualTo(size);
	}

	@ParameterizedTest
	@CsvSource({ "1001, true", "1001, false", "100000, true", "100000, false" })
	void aBodyBeyondTheLimitIsRefused(int size, boolean lengthKnown) {
		Request request = new Request(new byte[size], lengthKnown ? size : -1);
		assertThatExceptionOfType(TooLargeException.class).isThrownBy(() -> read(request));
		assertThat(request.consumed).as("bytes read").isEqualTo(lengthKnown ? 0 : LIMIT + 1);
	}

	@ParameterizedTest
	@ValueSource(longs = { LIMIT + 1, Integer.MAX_VALUE, Integer.MAX_VALUE + 1L, Long.MAX_VALUE })
	void aLengthBeyondTheLimitIsRefusedUnread(long length) {
		Request request = new Request(new byte[0], length);
		assertThatExceptionOfType(TooLargeException.class).isThrownBy(() -> read(request));
		assertThat(request.consumed).isZero();
	}

	@Test
	void aLengthThatIsTooSmallDoesNotLetALongBodyIn() {
		Request request = new Request(new byte[LIMIT + 1], 5);
		assertThatExceptionOfType(TooLargeException.class).isThrownBy(() -> read(request));
	}

	@Test
	void aBodyThatIsThereInTimeIsRead() throws Exception {
		Trickle request = new Trickle(Duration.ofSeconds(3));
		assertThat(BufferedRequest.read(request, LIMITS, request.clock::get).body()).hasSize(10);
	}

	@Test
	void aBodyThatComesByteForByteIsGivenUpWhenTheTimeIsOver() {
		Trickle request = new Trickle(Duration.ofSeconds(4));
		assertThatExceptionOfType(TooSlowException.class)
			.isThrownBy(() -> BufferedRequest.read(request, LIMITS, request.clock::get));
		assertThat(request.sent).as("bytes read").isEqualTo(8);
	}

	@ParameterizedTest
	@CsvSource({ "5, 5", "5, 3", "5, 6", "5, 1000", "0, 7", "999, 1000" })
	void theBodyCountsNotTheLengthThatItSaysToHave(int said, int size) throws Exception {
		byte[] body = "0123456789".repeat(100).substring(0, size).getBytes(StandardCharsets.UTF_8);
		Request original = new Request(body, said);
		original.addHeader("Content-Length", said);
		BufferedRequest request = read(original);
		assertThat(request.body()).isEqualTo(body);
		assertThat(request.getContentLength()).isEqualTo(size);
		assertThat(request.getHeader("content-length")).isEqualTo(String.valueOf(size));
		assertThat(Collections.list(request.getHeaders("Content-Length"))).containsExactly(String.valueOf(size));
	}

	@Test
	void theTransportGetsTheSameBytesHoweverItReadsThem() throws Exception {
		byte[] body = "{\"text\":\"\u00e4\ud83d\ude00\"}".getBytes(StandardCharsets.UTF_8);
		assertThat(read(new Request(body, -1)).getReader().lines())
			.containsExactly(new String(body, StandardCharsets.UTF_8));
		for (int seed = 0; seed < 500; seed++) {
			InputStream expected = new ByteArrayInputStream(body);
			assertThat(inPieces(read(new Request(body, -1)).getInputStream(), new Random(seed))).as("seed " + seed)
				.isEqualTo(inPieces(expected, new Random(seed)));
		}
	}

	/**
	 * Read a stream to its end and beyond.
	 */
	private static List<Object> inPieces(InputStream in, Random random) throws IOException {
		List<Object> pieces = new ArrayList<>();
		for (int i = 0; i < 40; i++) {
			int length = 1 + random.nextInt(4);
			byte[] buffer = new byte[length + 2];
			switch (random.nextInt((i < 30) ? 5 : 6)) {
				case 0 -> pieces.add(in.read());
				case 1 -> pieces.add(in.read(buffer, 1, length));
				case 2 -> pieces.add(HexFormat.of().formatHex(in.readNBytes(length)));
				case 3 -> pieces.add(in.skip(length));
				case 4 -> pieces.add(in.available());
				default -> pieces.add(HexFormat.of().formatHex(in.readAllBytes()));
			}
			pieces.add(HexFormat.of().formatHex(buffer));
		}
		return pieces;
	}

	@Test
	void whoeverTakesAllTakesTheBytesThemselves() throws Exception {
		BufferedRequest request = read(new Request("{}".getBytes(StandardCharsets.UTF_8), -1));
		byte[] body = request.body();
		assertThat(request.getInputStream().readNBytes(2)).isSameAs(body);
		assertThat(request.body()).isEmpty();
		assertThat(request.getInputStream().readAllBytes()).isEmpty();
		assertThat(request.getContentLength()).isEqualTo(2);
	}

	@Test
	void whoReadsPartsLeavesTheBodyToTheTransport() throws Exception {
		byte[] body = "{\"a\":\n1}".getBytes(StandardCharsets.UTF_8);
		BufferedRequest request = read(new Request(body, -1));
		ServletInputStream first = request.getInputStream();
		assertThat(first.read()).isEqualTo('{');
		assertThat(first.readNBytes(100)).hasSize(body.length - 1);
		assertThat(first.isFinished()).isTrue();
		assertThat(request.getReader().readLine()).isEqualTo("{\"a\":");
		assertThat(request.getReader().readLine()).isEqualTo("{\"a\":");
		assertThat(request.getInputStream().readNBytes(2)).asString(StandardCharsets.UTF_8).isEqualTo("{\"");
		assertThat(request.getInputStream().readAllBytes()).isEqualTo(body);
	}

	@Test
	void whatIsTakenAfterTheBeginningIsTheRest() throws Exception {
		ServletInputStream in = read(new Request("{ }".getBytes(StandardCharsets.UTF_8), -1)).getInputStream();
		assertThat(in.read()).isEqualTo('{');
		assertThat(in.readNBytes(5)).asString(StandardCharsets.UTF_8).isEqualTo(" }");
		assertThat(in.isFinished()).isTrue();
	}

	@Test
	void theReaderIsUtf8WhateverTheRequestSays() throws Exception {
		Request original = new Request("\u00e4".getBytes(StandardCharsets.UTF_8), -1);
		original.setCharacterEncoding("UTF-16");
		assertThat(read(original).getReader().readLine()).isEqualTo("\u00e4");
	}

	@Test
	void theStreamTellsWhenItIsAtItsEndAndIsNotAsynchronous() throws Exception {
		ServletInputStream in = read(new Request(new byte[] { 1, (byte) 0xFF }, -1)).getInputStream();
		assertThat(in.isReady()).isTrue();
		assertThat(in.isFinished()).isFalse();
		assertThat(in.read()).isEqualTo(1);
		assertThat(in.read()).isEqualTo(0xFF);
		assertThat(in.isFinished()).isTrue();
		assertThat(in.read()).isEqualTo(-1);
		assertThatIllegalStateException().isThrownBy(() -> in.setReadListener(new NoListener()));
	}

	private static BufferedRequest read(HttpServletRequest request) throws Exception {
		return BufferedRequest.read(request, LIMITS, System::nanoTime);
	}

	/**
	 * A request whose ten bytes each take their time.
	 */
	private static final class Trickle extends MockHttpServletRequest {

		private final AtomicLong clock = new AtomicLong();

		private final Duration pause;

		private int sent;

		Trickle(Duration pause) {
			this.pause = pause;
		}

		@Override
		public ServletInputStream getInputStream() {
			return new DelegatingServletInputStream(InputStream.nullInputStream()) {

				@Override
				public int read(byte[] buffer, int offset, int length) {
					if (Trickle.this.sent == 10) {
						return -1;
					}
					Trickle.this.clock.addAndGet(Trickle.this.pause.toNanos());
					Trickle.this.sent++;
					buffer[offset] = 'x';
					return 1;
				}

			};
		}

	}

	/**
	 * A request whose body may be of another length than it says, or does not say.
	 */
	private static final class Request extends MockHttpServletRequest {

		private final byte[] body;

		private final long length;

		private int consumed;

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
			return new ServletInputStream() {

				@Override
				public int read() {
					return (Request.this.consumed < Request.this.body.length)
							? Request.this.body[Request.this.consumed++] & 0xFF : -1;
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

			};
		}

	}

	private static final class NoListener implements ReadListener {

		@Override
		public void onDataAvailable() throws IOException {
			throw new IOException();
		}

		@Override
		public void onAllDataRead() throws IOException {
			throw new IOException();
		}

		@Override
		public void onError(Throwable failure) {
			throw new IllegalStateException(failure);
		}

	}

}
