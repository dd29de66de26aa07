package io.mcpsecurity.token;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

import com.nimbusds.jose.util.JSONObjectUtils;
import org.jspecify.annotations.Nullable;

/**
 * Asks an introspection endpoint about a token (RFC 7662 section 2), once: no redirect is
 * followed and nothing tried again. An answer that takes too long, from the connection to
 * the last byte, or is too large is none.
 * <p>
 * (Spring Security's introspectors take the string {@code "true"} for {@code active},
 * read answers of any size, and repeat parts of an answer in exceptions.)
 */
final class IntrospectionClient {

	private static final int RESPONSE_LIMIT = 64 * 1024;

	private final URI endpoint;

	private final ClientAuthentication authentication;

	private final Duration timeout;

	private final HttpClient http;

	/**
	 * Create a client.
	 * @param endpoint the introspection endpoint
	 * @param authentication how this server shows who it is
	 * @param connectTimeout time to connect
	 * @param readTimeout time for the rest
	 */
	IntrospectionClient(URI endpoint, ClientAuthentication authentication, Duration connectTimeout,
			Duration readTimeout) {
		this.endpoint = endpoint;
		this.authentication = authentication;
		this.timeout = connectTimeout.plus(readTimeout);
		this.http = HttpClient.newBuilder()
			.connectTimeout(connectTimeout)
			.followRedirects(HttpClient.Redirect.NEVER)
			.build();
	}

	/**
	 * Ask about a token.
	 * @return the answer's members
	 * @throws IntrospectionException if there is no usable answer
	 */
	Map<String, Object> ask(String token) throws IntrospectionException {
		HttpResponse<byte[]> response = send(request(token));
		int status = response.statusCode();
		if (status != 200) {
			boolean aboutTheToken = status >= 400 && status < 500 && !List.of(401, 403, 404, 429).contains(status);
			throw new IntrospectionException("it answered " + status, !aboutTheToken, null);
		}
		try {
			// Null where the document is the JSON null.
			@Nullable Map<String, Object> answer = JSONObjectUtils.parse(new String(response.body(), StandardCharsets.UTF_8));
			if (answer != null) {
				return answer;
			}
		}
		catch (ParseException ex) {
			// The cause is left out: its text can repeat parts of the answer.
		}
		throw new IntrospectionException("its answer is not a JSON object", true, null);
	}

	private HttpRequest request(String token) {
		Map<String, String> parameters = new LinkedHashMap<>();
		parameters.put("token", token);
		parameters.put("token_type_hint", "access_token");
		HttpRequest.Builder request = HttpRequest.newBuilder(this.endpoint)
			.header("Content-Type", "application/x-www-form-urlencoded")
			.header("Accept", "application/json");
		this.authentication.authenticate(request, parameters);
		return request.POST(BodyPublishers.ofString(parameters.entrySet()
			.stream()
			.map((parameter) -> parameter.getKey() + "="
					+ URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8))
			.collect(Collectors.joining("&")))).build();
	}

	private HttpResponse<byte[]> send(HttpRequest request) throws IntrospectionException {
		// The request's own time-out would end with the headers.
		CompletableFuture<HttpResponse<byte[]>> response = this.http.sendAsync(request, (info) -> new BoundedBody());
		try {
			return response.get(this.timeout.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (TimeoutException ex) {
			response.cancel(true);
			throw new IntrospectionException("it did not answer within " + this.timeout, true, null);
		}
		catch (ExecutionException ex) {
			String reason = (ex.getCause() instanceof TooLargeException) ? "its answer is too large"
					: "it could not be reached (" + String.valueOf(ex.getCause()) + ")";
			throw new IntrospectionException(reason, true, ex.getCause());
		}
		catch (InterruptedException ex) {
			response.cancel(true);
			Thread.currentThread().interrupt();
			throw new IntrospectionException("the wait for it was interrupted", false, ex);
		}
	}

	/**
	 * Collects a body up to a limit.
	 */
	private static final class BoundedBody implements BodySubscriber<byte[]> {

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
				if (this.bytes.size() + part.remaining() > RESPONSE_LIMIT) {
					if (this.subscription != null) {
						this.subscription.cancel();
					}
					this.body.completeExceptionally(new TooLargeException());
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

	/**
	 * The answer is larger than anybody needs.
	 */
	private static final class TooLargeException extends IOException {

		private static final long serialVersionUID = 1L;

	}

}
