package io.mcpsecurity.web;

import java.util.Enumeration;

import io.mcpsecurity.token.RefusedTokenException;
import io.mcpsecurity.token.TokenFailure;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.server.resource.BearerTokenErrorCodes;
import org.springframework.security.oauth2.server.resource.BearerTokenErrors;
import org.springframework.security.oauth2.server.resource.web.authentication.BearerTokenAuthenticationConverter;
import org.springframework.security.web.authentication.AuthenticationConverter;

/**
 * Takes the token from the {@code Authorization} header, and from nowhere else (MCP
 * Authorization, "Token Requirements"). A request with two such headers is refused (RFC
 * 9110 section 11.6.2 allows one): a proxy may have looked at the other one.
 */
final class OneBearerToken implements AuthenticationConverter {

	private final BearerTokenAuthenticationConverter converter = new BearerTokenAuthenticationConverter();

	@Override
	public @Nullable Authentication convert(HttpServletRequest request) {
		Enumeration<String> headers = request.getHeaders(HttpHeaders.AUTHORIZATION);
		if (headers.hasMoreElements()) {
			headers.nextElement();
			if (headers.hasMoreElements()) {
				throw new OAuth2AuthenticationException(
						BearerTokenErrors.invalidRequest("The request has several Authorization headers"));
			}
		}
		try {
			return this.converter.convert(request);
		}
		catch (OAuth2AuthenticationException ex) {
			boolean token = BearerTokenErrorCodes.INVALID_TOKEN.equals(ex.getError().getErrorCode());
			throw token
					? new RefusedTokenException(TokenFailure.MALFORMED, String.valueOf(ex.getError().getDescription()))
					: ex;
		}
	}

}
