package io.mcpsecurity.token;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import com.nimbusds.jose.util.JSONObjectUtils;
import io.mcpsecurity.token.BoundedHttp.TooLargeException;
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

	private final BoundedHttp http;

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
		this.http = new BoundedHttp(HttpClient.newBuilder()
			.connectTimeout(connectTimeout)
			.followRedirects(HttpClient.Redirect.NEVER)
			.build(), this.timeout, RESPONSE_LIMIT);
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
		HttpRequest.Builder request = BoundedHttp.request(this.endpoint, "application/json")
			.header("Content-Type", "application/x-www-form-urlencoded");
		this.authentication.authenticate(request, parameters);
		return request.POST(BodyPublishers.ofString(parameters.entrySet()
			.stream()
			.map((parameter) -> parameter.getKey() + "="
					+ URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8))
			.collect(Collectors.joining("&")))).build();
	}

	private HttpResponse<byte[]> send(HttpRequest request) throws IntrospectionException {
		try {
			return this.http.send(request);
		}
		catch (HttpTimeoutException ex) {
			throw new IntrospectionException("it did not answer within " + this.timeout, true, null);
		}
		catch (TooLargeException ex) {
			throw new IntrospectionException("its answer is too large", true, ex);
		}
		catch (InterruptedIOException ex) {
			throw new IntrospectionException("the wait for it was interrupted", false, ex);
		}
		catch (IOException ex) {
			throw new IntrospectionException("it could not be reached (" + ex.getMessage() + ")", true, ex.getCause());
		}
	}

}
