package io.mcpsecurity.token;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.util.MultiValueMap;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/**
 * HTTP with authorization servers, which control neither the size of a response nor the
 * time that it takes.
 */
public final class BoundedHttp {

	private static final String VERSION = BoundedHttp.class.getPackage().getImplementationVersion();

	/** Firewalls in front of authorization servers refuse that of the JDK. */
	private static final String USER_AGENT = "mcp-security/" + ((VERSION != null) ? VERSION : "unknown");

	private final RestClient client;

	private final Duration timeout;

	/**
	 * Create it.
	 * @param client a client that does not follow redirects, and has the timeouts: that
	 * of the JDK applies the read timeout to the whole response, others to each read
	 * @param timeout timeout of a request, from connecting to the last byte of the
	 * response
	 */
	public BoundedHttp(RestClient.Builder client, Duration timeout) {
		this.client = client.defaultHeader(HttpHeaders.USER_AGENT, USER_AGENT).build();
		this.timeout = timeout;
	}

	/** The timeout of a request. */
	public Duration timeout() {
		return this.timeout;
	}

	/**
	 * Send a request, once.
	 * @param limit the maximum size of the response's body in bytes
	 * @throws HttpTimeoutException if the response is not complete in time
	 * @throws TooLargeException if it is too large
	 * @throws InterruptedIOException if the thread is interrupted, which it still is then
	 * @throws IOException if there is no response for another reason
	 */
	public Response send(HttpMethod method, URI uri, HttpHeaders headers, @Nullable MultiValueMap<String, String> form,
			int limit) throws IOException {
		long start = System.nanoTime();
		try {
			RestClient.RequestBodySpec request = this.client.method(method)
				.uri(uri)
				.headers((all) -> all.putAll(headers));
			if (form != null) {
				request.body(form);
			}
			return request.exchangeForRequiredValue((sent, response) -> new Response(response.getStatusCode().value(),
					response.getHeaders().getLocation(), read(response.getBody(), limit, start)));
		}
		catch (RestClientException | IllegalArgumentException ex) {
			if (ex.getCause() instanceof TooLargeException tooLarge) {
				throw tooLarge;
			}
			if (Thread.currentThread().isInterrupted()) {
				throw new InterruptedIOException("interrupted");
			}
			checkTime(start);
			Throwable cause = (ex.getCause() != null) ? ex.getCause() : ex;
			throw new IOException(cause.toString(), cause);
		}
	}

	private String read(InputStream body, int limit, long start) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		byte[] part = new byte[8192];
		// Closed here, because closing the response would read the rest.
		try (body) {
			for (int length = 0; length >= 0; length = body.read(part)) {
				checkTime(start);
				bytes.write(part, 0, length);
				if (bytes.size() > limit) {
					throw new TooLargeException(limit);
				}
			}
		}
		// A client that closes the body at the timeout may show that as its end.
		checkTime(start);
		return bytes.toString(StandardCharsets.UTF_8);
	}

	private void checkTime(long start) throws HttpTimeoutException {
		if (System.nanoTime() - start >= this.timeout.toNanos()) {
			throw new HttpTimeoutException("no response within " + this.timeout.toMillis() + " ms");
		}
	}

	/**
	 * A response.
	 *
	 * @param location the location of a redirect, which is not followed
	 */
	public record Response(int status, @Nullable URI location, String body) {
	}

	/** A response is too large. */
	public static final class TooLargeException extends IOException {

		private static final long serialVersionUID = 1L;

		TooLargeException(int limit) {
			super("longer than " + limit + " bytes");
		}

	}

}
