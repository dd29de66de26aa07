package io.mcpsecurity.authorizationserver;

import java.util.Map;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.web.authentication.AuthenticationConverter;
import org.springframework.security.web.util.matcher.RequestMatcher;

/**
 * Recognizes a public client that redeems a refresh token: the request contains a
 * {@code client_id} and no secret (RFC 6749 section 6). Spring Security recognizes public
 * clients only by the verifier of a code. This converter follows the converters for
 * clients with credentials, and applies only to the token endpoint, because an
 * unauthenticated client must not use other endpoints such as introspection.
 */
final class PublicClientRefreshConverter implements AuthenticationConverter {

	private final RequestMatcher tokenEndpoint;

	PublicClientRefreshConverter(RequestMatcher tokenEndpoint) {
		this.tokenEndpoint = tokenEndpoint;
	}

	@Override
	public @Nullable Authentication convert(HttpServletRequest request) {
		if (!this.tokenEndpoint.matches(request)
				|| !isRefresh(request.getParameterValues(OAuth2ParameterNames.GRANT_TYPE))) {
			return null;
		}
		String[] clientId = request.getParameterValues(OAuth2ParameterNames.CLIENT_ID);
		if (clientId == null) {
			return null;
		}
		if (clientId.length != 1 || clientId[0].isBlank()) {
			throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_REQUEST);
		}
		return new OAuth2ClientAuthenticationToken(clientId[0], ClientAuthenticationMethod.NONE, null,
				Map.of(OAuth2ParameterNames.GRANT_TYPE, AuthorizationGrantType.REFRESH_TOKEN.getValue()));
	}

	private static boolean isRefresh(String @Nullable [] grantTypes) {
		return grantTypes != null && grantTypes.length == 1
				&& AuthorizationGrantType.REFRESH_TOKEN.getValue().equals(grantTypes[0]);
	}

}
