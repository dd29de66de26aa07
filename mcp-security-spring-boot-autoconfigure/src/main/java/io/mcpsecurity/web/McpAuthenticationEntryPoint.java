package io.mcpsecurity.web;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

import io.mcpsecurity.audit.RequestRecord.Refusal;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.token.TokenFailure;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.server.resource.BearerTokenError;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;

/**
 * Answers a request whose caller is not known: 401 with a challenge, or 503 when the
 * token could not be checked because the authorization server is down (then asking for
 * another token would not help).
 */
public final class McpAuthenticationEntryPoint implements AuthenticationEntryPoint, AuthenticationFailureHandler {

	private final BearerChallenge challenge;

	private final Duration retryAfter;

	/**
	 * Create an entry point.
	 * @param challenge the challenges of this server
	 * @param retryAfter when a client may try again while tokens cannot be checked
	 */
	public McpAuthenticationEntryPoint(BearerChallenge challenge, Duration retryAfter) {
		this.challenge = challenge;
		this.retryAfter = retryAfter;
	}

	@Override
	public void onAuthenticationFailure(HttpServletRequest request, HttpServletResponse response,
			AuthenticationException failure) throws IOException {
		commence(request, response, failure);
	}

	@Override
	public void commence(HttpServletRequest request, HttpServletResponse response, AuthenticationException failure)
			throws IOException {
		RequestRecordFilter.of(request)
			.refused(Refusal.Kind.UNAUTHENTICATED, TokenFailure.of(failure).name().toLowerCase(Locale.ROOT));
		if (failure instanceof AuthenticationServiceException) {
			response.setHeader(HttpHeaders.RETRY_AFTER, String.valueOf(Math.max(1, this.retryAfter.toSeconds())));
			JsonRpcErrors.write(response, HttpServletResponse.SC_SERVICE_UNAVAILABLE, null,
					JsonRpcErrorCode.UNAVAILABLE, "Tokens cannot be checked at the moment");
		}
		else if (failure instanceof OAuth2AuthenticationException invalid) {
			int status = (invalid.getError() instanceof BearerTokenError error) ? error.getHttpStatus().value()
					: HttpServletResponse.SC_UNAUTHORIZED;
			response.setHeader(HttpHeaders.WWW_AUTHENTICATE,
					this.challenge.error(invalid.getError().getErrorCode(), invalid.getError().getDescription()));
			JsonRpcErrors.write(response, status, null, JsonRpcErrorCode.UNAUTHENTICATED,
					"The access token is not valid");
		}
		else {
			response.setHeader(HttpHeaders.WWW_AUTHENTICATE, this.challenge.noCredentials());
			JsonRpcErrors.write(response, HttpServletResponse.SC_UNAUTHORIZED, null, JsonRpcErrorCode.UNAUTHENTICATED,
					"An access token is required");
		}
	}

}
