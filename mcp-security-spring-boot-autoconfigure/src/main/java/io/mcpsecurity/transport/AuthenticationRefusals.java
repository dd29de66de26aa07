package io.mcpsecurity.transport;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

import io.mcpsecurity.exchange.McpExchange.Refusal;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.token.TokenFailure;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.authentication.InsufficientAuthenticationException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.server.resource.BearerTokenError;

/**
 * Refuses requests without an authenticated caller: 401 with a challenge, or 503 if the
 * token could not be checked because the authorization server is unavailable, in which
 * case another token would not help.
 */
public final class AuthenticationRefusals {

	private final BearerChallenge challenge;

	private final Duration retryAfter;

	/**
	 * Create refusals.
	 * @param challenge the challenges of the endpoint
	 * @param retryAfter the time after which a client may try again while tokens cannot
	 * be checked
	 */
	public AuthenticationRefusals(BearerChallenge challenge, Duration retryAfter) {
		this.challenge = challenge;
		this.retryAfter = retryAfter;
	}

	/** The refusal of a request without a token. */
	RefusedRequestException missing() {
		return of(new InsufficientAuthenticationException("No access token"), SenderConstraints.BEARER);
	}

	/**
	 * The refusal of a request whose authentication failed.
	 * @param failure the failure
	 * @param scheme the authentication scheme of the request
	 */
	RefusedRequestException of(AuthenticationException failure, String scheme) {
		Refusal refusal = new Refusal(Refusal.Kind.UNAUTHENTICATED,
				TokenFailure.of(failure).name().toLowerCase(Locale.ROOT));
		if (failure instanceof AuthenticationServiceException) {
			return new RefusedRequestException(HttpServletResponse.SC_SERVICE_UNAVAILABLE, refusal,
					JsonRpcErrorCode.UNAVAILABLE, "Tokens cannot be checked at the moment", null)
				.header(HttpHeaders.RETRY_AFTER, String.valueOf(Math.max(1, this.retryAfter.toSeconds())));
		}
		if (failure instanceof OAuth2AuthenticationException invalid) {
			int status = (invalid.getError() instanceof BearerTokenError error) ? error.getHttpStatus().value()
					: HttpServletResponse.SC_UNAUTHORIZED;
			return refuse(status, refusal, "The access token is not valid", this.challenge.error(scheme,
					invalid.getError().getErrorCode(), invalid.getError().getDescription()));
		}
		return refuse(HttpServletResponse.SC_UNAUTHORIZED, refusal, "An access token is required",
				this.challenge.noCredentials());
	}

	private static RefusedRequestException refuse(int status, @Nullable Refusal refusal, String message,
			List<String> challenges) {
		return new RefusedRequestException(status, refusal, JsonRpcErrorCode.UNAUTHENTICATED, message, null)
			.challenges(challenges);
	}

}
