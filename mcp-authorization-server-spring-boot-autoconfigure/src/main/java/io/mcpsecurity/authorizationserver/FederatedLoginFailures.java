package io.mcpsecurity.authorizationserver;

import java.io.IOException;
import java.util.Set;
import java.util.regex.Pattern;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;

/**
 * Shows the login page with the reason why a sign-in at a provider failed. The texts are
 * those of this server: everyone can call the redirect URI with any text. Nothing is sent
 * to the MCP client; its request still waits, and the user can try again.
 */
final class FederatedLoginFailures implements AuthenticationFailureHandler {

	private static final Log logger = LogFactory.getLog(FederatedLoginFailures.class);

	/**
	 * Error codes of Spring Security and of providers that do not respond as expected.
	 */
	private static final Set<String> UNAVAILABLE = Set.of("invalid_token_response", "invalid_user_info_response",
			OAuth2ErrorCodes.SERVER_ERROR, OAuth2ErrorCodes.TEMPORARILY_UNAVAILABLE);

	private static final Pattern ERROR_CODE = Pattern.compile("[a-z_]{1,50}");

	@Override
	public void onAuthenticationFailure(HttpServletRequest request, HttpServletResponse response,
			AuthenticationException exception) throws IOException, ServletException {
		FederatedLoginFailure reason = reason(exception);
		String path = request.getRequestURI();
		if (reason != FederatedLoginFailure.NOT_STARTED) {
			logger.info("A sign-in at the provider %s failed: %s %s"
				.formatted(path.substring(path.lastIndexOf('/') + 1), reason, code(exception)));
		}
		response.setStatus(reason.status().value());
		request.setAttribute(FederatedLoginFailure.ATTRIBUTE, reason);
		request.getRequestDispatcher(AuthorizationServerChains.LOGIN).forward(request, response);
	}

	private static FederatedLoginFailure reason(AuthenticationException exception) {
		String code = code(exception);
		// Not a bad ID token, but keys that cannot be fetched.
		boolean keys = exception.getCause() instanceof JwtException
				&& !(exception.getCause() instanceof BadJwtException);
		if (UNAVAILABLE.contains(code) || keys) {
			return FederatedLoginFailure.UNAVAILABLE;
		}
		return switch (code) {
			case FederatedUsers.NO_ROLE -> FederatedLoginFailure.NO_ROLE;
			case "authorization_request_not_found" -> FederatedLoginFailure.NOT_STARTED;
			default -> FederatedLoginFailure.REFUSED;
		};
	}

	/** The error code, unless it is something else. */
	private static String code(AuthenticationException exception) {
		String code = (exception instanceof OAuth2AuthenticationException failure) ? failure.getError().getErrorCode()
				: "";
		return ERROR_CODE.matcher(code).matches() ? code : "";
	}

}
