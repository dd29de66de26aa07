package io.mcpsecurity.authorizationserver;

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
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationContext;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationException;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;
import org.springframework.util.Assert;
import org.springframework.web.util.UriComponentsBuilder;
import org.springframework.web.util.UriUtils;

/**
 * Sends the responses of the authorization endpoint to the client, each with {@code iss}
 * (RFC 9207). A client of several authorization servers can identify the issuer of a
 * response, and does not send the code of one server to another. Error responses contain
 * it as well (section 2).
 */
final class AuthorizationResponses implements AuthenticationSuccessHandler, AuthenticationFailureHandler {

	private final String issuer;

	private final GrantableScopes grantableScopes;

	AuthorizationResponses(String issuer, GrantableScopes grantableScopes) {
		this.issuer = issuer;
		this.grantableScopes = grantableScopes;
	}

	/**
	 * The refusal of an authorization request whose client and redirect URI are
	 * validated, so that the error is sent to the client.
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
		UriComponentsBuilder redirect = UriComponentsBuilder.fromUriString(redirectUri);
		add(redirect, OAuth2ParameterNames.CODE, code.getTokenValue());
		send(response, redirect, authorized.getState());
	}

	@Override
	public void onAuthenticationFailure(HttpServletRequest request, HttpServletResponse response,
			AuthenticationException exception) throws IOException {
		OAuth2Error error = ((OAuth2AuthenticationException) exception).getError();
		OAuth2AuthorizationCodeRequestAuthenticationToken refused = (exception instanceof OAuth2AuthorizationCodeRequestAuthenticationException refusal)
				? refusal.getAuthorizationCodeRequestAuthentication() : null;
		if (refused == null || refused.getRedirectUri() == null) {
			// RFC 6749 section 4.1.2.1: inform the user, and do not redirect.
			response.sendError(HttpStatus.BAD_REQUEST.value(), error.getDescription());
			return;
		}
		UriComponentsBuilder redirect = UriComponentsBuilder.fromUriString(refused.getRedirectUri());
		add(redirect, OAuth2ParameterNames.ERROR, error.getErrorCode());
		add(redirect, OAuth2ParameterNames.ERROR_DESCRIPTION,
				OAuth2ErrorCodes.ACCESS_DENIED.equals(error.getErrorCode()) ? reasonOfDenial(refused)
						: error.getDescription());
		add(redirect, OAuth2ParameterNames.ERROR_URI, error.getUri());
		send(response, redirect, refused.getState());
	}

	/**
	 * Distinguishes a user who denied the request from one who cannot grant any scope, so
	 * that the client can inform the user.
	 */
	private String reasonOfDenial(OAuth2AuthorizationCodeRequestAuthenticationToken request) {
		Set<String> grantable = this.grantableScopes.of((Authentication) request.getPrincipal());
		return Collections.disjoint(grantable, request.getScopes())
				? "Nothing is left to grant: the user may grant none of the requested scopes" : "Nothing was granted";
	}

	private void send(HttpServletResponse response, UriComponentsBuilder redirect, @Nullable String state)
			throws IOException {
		add(redirect, OAuth2ParameterNames.STATE, state);
		add(redirect, "iss", this.issuer);
		response.sendRedirect(redirect.build(true).toUriString());
	}

	private static void add(UriComponentsBuilder redirect, String name, @Nullable String value) {
		if (value != null && !value.isEmpty()) {
			redirect.queryParam(name, UriUtils.encode(value, StandardCharsets.UTF_8));
		}
	}

}
