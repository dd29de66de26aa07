package io.mcpsecurity.transport;

import java.util.Enumeration;

import io.mcpsecurity.apikey.ApiKeys;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.server.resource.BearerTokenErrors;

/**
 * API keys, and the header in which clients send them. A request has one credential: with
 * several keys, or a key and anything in the {@code Authorization} header, it is refused,
 * because a proxy or the application may have used the other one.
 *
 * @param name the name of the header
 * @param keys the keys
 */
public record ApiKeyHeader(String name, ApiKeys keys) {

	/**
	 * The key of a request, or {@code null} when there is none.
	 * @throws OAuth2AuthenticationException if there are other credentials as well
	 */
	@Nullable String key(HttpServletRequest request) {
		Enumeration<String> values = request.getHeaders(this.name);
		if (!values.hasMoreElements()) {
			return null;
		}
		String key = values.nextElement();
		if (values.hasMoreElements()) {
			throw new OAuth2AuthenticationException(
					BearerTokenErrors.invalidRequest("The request has several API keys"));
		}
		if (request.getHeader(HttpHeaders.AUTHORIZATION) != null || BearerToken.isIn(request.getQueryString())) {
			throw new OAuth2AuthenticationException(
					BearerTokenErrors.invalidRequest("The request has an API key and other credentials"));
		}
		return key;
	}

	/** Authenticate a request with a key at an endpoint. */
	Authentication authenticate(HttpServletRequest request, String key, ProtectedResource resource) {
		return this.keys.authenticate(key, request.getRemoteAddr(), resource.identifier().toString());
	}

}
