package io.mcpsecurity.transport;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Enumeration;

import io.mcpsecurity.token.RefusedTokenException;
import io.mcpsecurity.token.TokenFailure;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.server.resource.BearerTokenErrors;

/**
 * Reads the token from the {@code Authorization} header only (MCP Authorization, "Token
 * Requirements"). A request with two such headers is refused (RFC 9110 section 11.6.2
 * allows one), because a proxy may have used the other one. A request with an additional
 * token in its query is refused as well (RFC 6750 section 2).
 */
final class BearerToken {

	private BearerToken() {
	}

	/**
	 * The token of a request, or {@code null} when there is none.
	 * @param request the request
	 * @param scheme the authentication scheme of the token
	 * @throws OAuth2AuthenticationException if the header is malformed or there are
	 * several tokens
	 */
	static @Nullable String of(HttpServletRequest request, String scheme) {
		Enumeration<String> headers = request.getHeaders(HttpHeaders.AUTHORIZATION);
		String header = headers.hasMoreElements() ? headers.nextElement() : null;
		if (headers.hasMoreElements()) {
			throw new OAuth2AuthenticationException(
					BearerTokenErrors.invalidRequest("The request has several Authorization headers"));
		}
		if (header != null && isIn(request.getQueryString())) {
			throw new OAuth2AuthenticationException(
					BearerTokenErrors.invalidRequest("The request has a token in its query and in its header"));
		}
		if (header == null || !header.regionMatches(true, 0, scheme, 0, scheme.length())) {
			return null;
		}
		// RFC 9110 section 11.4 allows several spaces.
		int start = scheme.length();
		while (start < header.length() && header.charAt(start) == ' ') {
			start++;
		}
		if (start == scheme.length() || !isToken(header, start)) {
			throw new RefusedTokenException(TokenFailure.MALFORMED, scheme + " token is malformed");
		}
		return header.substring(start);
	}

	static boolean isIn(@Nullable String query) {
		try {
			return query != null && Arrays.stream(query.split("&"))
				.map((parameter) -> URLDecoder.decode(parameter.split("=", 2)[0], StandardCharsets.UTF_8))
				.anyMatch("access_token"::equals);
		}
		catch (IllegalArgumentException ex) {
			throw new OAuth2AuthenticationException(BearerTokenErrors.invalidRequest("The query is malformed"));
		}
	}

	/**
	 * Whether the rest of a header is a {@code b64token} of RFC 6750 section 2.1. A
	 * regular expression for it, as in Spring Security's resolver, takes several times
	 * longer than the lookup of a cached token.
	 */
	private static boolean isToken(String header, int start) {
		int end = header.length();
		while (end > start && header.charAt(end - 1) == '=') {
			end--;
		}
		for (int i = start; i < end; i++) {
			char c = header.charAt(i);
			boolean letterOrDigit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
			if (!letterOrDigit && "-._~+/".indexOf(c) < 0) {
				return false;
			}
		}
		return end > start;
	}

}
