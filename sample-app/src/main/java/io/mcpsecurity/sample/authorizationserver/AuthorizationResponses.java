package io.mcpsecurity.sample.authorizationserver;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Set;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatus;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationContext;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationException;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;
import org.springframework.util.Assert;
import org.springframework.web.util.UriComponentsBuilder;
import org.springframework.web.util.UriUtils;

/**
 * Sends the answers of the authorization endpoint to the client, each with {@code iss}
 * (RFC 9207): a client of several authorization servers sees which one answers, and
 * cannot be made to send one server's code to another. Errors carry it too (section 2).
 */
final class AuthorizationResponses implements AuthenticationSuccessHandler, AuthenticationFailureHandler {

	private final String issuer;

	AuthorizationResponses(String issuer) {
		this.issuer = issuer;
	}

	/**
	 * The refusal of an authorization request whose client and redirect URI were
	 * validated: the error goes to the client.
	 */
	static OAuth2AuthorizationCodeRequestAuthenticationException refusal(
			OAuth2AuthorizationCodeRequestAuthenticationContext context, OAuth2Error error) {
		OAuth2AuthorizationCodeRequestAuthenticationToken request = context.getAuthentication();
		return new OAuth2AuthorizationCodeRequestAuthenticationException(error,
				new OAuth2AuthorizationCodeRequestAuthenticationToken(request.getAuthorizationUri(),
						request.getClientId(), (Authentication) request.getPrincipal(),
						AuthorizationPrompts.redirectUri(context.getRegisteredClient(), request.getRedirectUri()),
						request.getState(), request.getScopes(), request.getAdditionalParameters()));
	}

	@Override
	public void onAuthenticationSuccess(HttpServletRequest request, HttpServletResponse response,
			Authentication authentication) throws IOException {
		OAuth2AuthorizationCodeRequestAuthenticationToken authorized = (OAuth2AuthorizationCodeRequestAuthenticationToken) authentication;
		OAuth2AuthorizationCode code = authorized.getAuthorizationCode();
		String redirectUri = authorized.getRedirectUri();
		Assert.state(code != null && redirectUri != null, "An authorization has a code and a redirect URI");
		UriComponentsBuilder answer = UriComponentsBuilder.fromUriString(redirectUri);
		add(answer, OAuth2ParameterNames.CODE, code.getTokenValue());
		send(response, answer, authorized.getState());
	}

	@Override
	public void onAuthenticationFailure(HttpServletRequest request, HttpServletResponse response,
			AuthenticationException exception) throws IOException {
		OAuth2Error error = ((OAuth2AuthenticationException) exception).getError();
		OAuth2AuthorizationCodeRequestAuthenticationToken refused = (exception instanceof OAuth2AuthorizationCodeRequestAuthenticationException refusal)
				? refusal.getAuthorizationCodeRequestAuthentication() : null;
		if (refused == null || refused.getRedirectUri() == null) {
			// RFC 6749 section 4.1.2.1: tell the user, redirect nowhere.
			response.sendError(HttpStatus.BAD_REQUEST.value(), error.getDescription());
			return;
		}
		UriComponentsBuilder answer = UriComponentsBuilder.fromUriString(refused.getRedirectUri());
		add(answer, OAuth2ParameterNames.ERROR, error.getErrorCode());
		add(answer, OAuth2ParameterNames.ERROR_DESCRIPTION, OAuth2ErrorCodes.ACCESS_DENIED.equals(error.getErrorCode())
				? reasonOfDenial(refused) : error.getDescription());
		add(answer, OAuth2ParameterNames.ERROR_URI, error.getUri());
		send(response, answer, refused.getState());
	}

	/**
	 * Whether the user denied the request or had nothing to grant. A client that is to
	 * show its user what went wrong must know the difference.
	 */
	private static String reasonOfDenial(OAuth2AuthorizationCodeRequestAuthenticationToken request) {
		Set<ResearchScope> grantable = GrantableScopes.of((Authentication) request.getPrincipal());
		return Collections.disjoint(ResearchScope.values(grantable), request.getScopes())
				? "Nothing is left to grant: the user may grant none of the requested scopes" : "Nothing was granted";
	}

	private void send(HttpServletResponse response, UriComponentsBuilder answer, @Nullable String state)
			throws IOException {
		add(answer, OAuth2ParameterNames.STATE, state);
		add(answer, "iss", this.issuer);
		response.sendRedirect(answer.build(true).toUriString());
	}

	private static void add(UriComponentsBuilder answer, String name, @Nullable String value) {
		if (value != null && !value.isEmpty()) {
			answer.queryParam(name, UriUtils.encode(value, StandardCharsets.UTF_8));
		}
	}

}
