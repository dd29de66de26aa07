package io.mcpsecurity.token;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;

/**
 * HTTP with an authorization server: neither the size of an answer nor the time that it
 * takes is up to the other side, be it that it trickles.
 */
final class BoundedHttp {

	private static final String VERSION = BoundedHttp.class.getPackage().getImplementationVersion();

	/** Firewalls in front of authorization servers refuse the JDK's own. */
	private static final String USER_AGENT = "mcp-security/" + ((VERSION != null) ? VERSION : "unknown");

	private final HttpClient http;

	private final Duration timeout;

	private final int limit;

	/**
	 * Create it.
	 * @param http the client
	 * @param timeout time for an answer, from connecting to its last byte
	 * @param limit the most bytes of an answer's body
	 */
	BoundedHttp(HttpClient http, Duration timeout, int limit) {
		this.http = http;
		this.timeout = timeout;
		this.limit = limit;
	}

	/**
	 * A request, to be completed.
	 * @param accept the media types of a response
	 * @throws IllegalArgumentException if the URI is not of http or https
	 */
	static HttpRequest.Builder request(URI uri, String accept) {
		return HttpRequest.newBuilder(uri).header("Accept", accept).header("User-Agent", USER_AGENT);
	}

	/**
	 * Send a request, once.
	 * @throws HttpTimeoutException if the answer is not there in time
	 * @throws TooLargeException if it is too large
	 * @throws InterruptedIOException if the thread, which stays marked so, is interrupted
	 * @throws IOException if there is none for another reason
	 */
	HttpResponse<byte[]> send(HttpRequest request) throws IOException {
		// The request's own time-out would end with the headers.
		CompletableFuture<HttpResponse<byte[]>> answer = this.http.sendAsync(request, (head) -> new Body());
		try {
			return answer.get(this.timeout.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (TimeoutException ex) {
			throw new HttpTimeoutException("no answer within " + this.timeout.toMillis() + " ms");
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof TooLargeException tooLarge) {
				throw tooLarge;
			}
			throw new IOException(String.valueOf(ex.getCause()), ex.getCause());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new InterruptedIOException("interrupted");
		}
		finally {
			// Closes the connection of an answer that nobody waits for any more.
			answer.cancel(true);
		}
	}

	/**
	 * An answer is larger than anybody needs.
	 */
	static final class TooLargeException extends IOException {

		private static final long serialVersionUID = 1L;

		TooLargeException(int limit) {
			super("longer than " + limit + " bytes");
		}

	}

	/**
	 * A body in memory, up to the limit.
	 */
	private final class Body implements BodySubscriber<byte[]> {

		private final CompletableFuture<byte[]> body = new CompletableFuture<>();

		private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

		private @Nullable Subscription subscription;

		@Override
		public CompletionStage<byte[]> getBody() {
			return this.body;
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			this.subscription = subscription;
			subscription.request(Long.MAX_VALUE);
		}

		@Override
		public void onNext(List<ByteBuffer> parts) {
			for (ByteBuffer part : parts) {
				if (this.bytes.size() + part.remaining() > BoundedHttp.this.limit) {
					if (this.subscription != null) {
						this.subscription.cancel();
					}
					this.body.completeExceptionally(new TooLargeException(BoundedHttp.this.limit));
					return;
				}
				byte[] copy = new byte[part.remaining()];
				part.get(copy);
				this.bytes.writeBytes(copy);
			}
		}

		@Override
		public void onError(Throwable failure) {
			this.body.completeExceptionally(failure);
		}

		@Override
		public void onComplete() {
			this.body.complete(this.bytes.toByteArray());
		}

	}

}
