package io.mcpsecurity.token;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.text.ParseException;
import java.util.List;
import java.util.Map;

import com.nimbusds.jose.util.JSONObjectUtils;
import io.mcpsecurity.token.BoundedHttp.Response;
import io.mcpsecurity.token.BoundedHttp.TooLargeException;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;

/**
 * Introspects a token (RFC 7662 section 2), once: no redirect is followed and nothing
 * tried again.
 * <p>
 * (Spring Security's introspectors take the string {@code "true"} for {@code active},
 * read responses of any size, and repeat parts of a response in exceptions.)
 */
record IntrospectionClient(URI endpoint, ClientAuthentication authentication, BoundedHttp http) {

	private static final int RESPONSE_LIMIT = 64 * 1024;

	/**
	 * Introspect a token.
	 * @return the members of the response
	 * @throws IntrospectionException if there is no usable response
	 */
	Map<String, Object> introspect(String token) throws IntrospectionException {
		Response response = send(token);
		int status = response.status();
		if (status != 200) {
			boolean aboutTheToken = status >= 400 && status < 500 && !List.of(401, 403, 404, 429).contains(status);
			throw new IntrospectionException("it responded with " + status, !aboutTheToken, null);
		}
		try {
			// Null where the document is the JSON null.
			@Nullable Map<String, Object> members = JSONObjectUtils.parse(response.body());
			if (members != null) {
				return members;
			}
		}
		catch (ParseException ex) {
			// The cause is left out: its text can repeat parts of the response.
		}
		throw new IntrospectionException("its response is not a JSON object", true, null);
	}

	private Response send(String token) throws IntrospectionException {
		HttpHeaders headers = new HttpHeaders();
		headers.setAccept(List.of(MediaType.APPLICATION_JSON));
		MultiValueMap<String, String> form = new LinkedMultiValueMap<>();
		form.set("token", token);
		form.set("token_type_hint", "access_token");
		this.authentication.authenticate(headers, form);
		try {
			return this.http.send(HttpMethod.POST, this.endpoint, headers, form, RESPONSE_LIMIT);
		}
		catch (HttpTimeoutException ex) {
			throw new IntrospectionException("it did not respond within " + this.http.timeout(), true, null);
		}
		catch (TooLargeException ex) {
			throw new IntrospectionException("its response is too large", true, ex);
		}
		catch (InterruptedIOException ex) {
			throw new IntrospectionException("the wait for it was interrupted", false, ex);
		}
		catch (IOException ex) {
			throw new IntrospectionException("it could not be reached (" + ex.getMessage() + ")", true, ex.getCause());
		}
	}

}
