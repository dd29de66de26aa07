package io.mcpsecurity.authorizationserver;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationContext;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationGrantAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2TokenExchangeAuthenticationToken;

/**
 * Resource indicators (RFC 8707): the protected resources for which an access token is
 * issued. A token without a requested resource is not accepted by any protected resource.
 */
final class ResourceIndicators {

	private static final String INVALID_TARGET = "invalid_target";

	private final Set<String> known;

	ResourceIndicators(Collection<String> known) {
		this.known = Set.copyOf(known);
	}

	/**
	 * Refuse an authorization request for an unknown resource (section 2.1). Its client
	 * and redirect URI are already validated, so the error is sent to the redirect URI.
	 */
	void validate(OAuth2AuthorizationCodeRequestAuthenticationContext context) {
		OAuth2AuthorizationCodeRequestAuthenticationToken request = context.getAuthentication();
		if (!this.known.containsAll(requested(request.getAdditionalParameters()))) {
			throw AuthorizationResponses.refusal(context, unknown());
		}
	}

	/**
	 * The resources that an access token will be for (section 2.2): those of the token
	 * request, which must be among the authorized ones, or all of the authorized ones.
	 * @param grant the grant at the token endpoint
	 * @param authorization the existing authorization, or {@code null}
	 */
	Set<String> resolve(@Nullable Authentication grant, @Nullable OAuth2Authorization authorization) {
		Set<String> requested = requested(grant);
		if (!this.known.containsAll(requested)) {
			throw new OAuth2AuthenticationException(unknown());
		}
		OAuth2AuthorizationRequest request = (authorization != null
				&& !(grant instanceof OAuth2TokenExchangeAuthenticationToken))
						? authorization.getAttribute(OAuth2AuthorizationRequest.class.getName()) : null;
		if (request == null) {
			return requested;
		}
		Set<String> authorized = requested(request.getAdditionalParameters());
		if (!authorized.containsAll(requested)) {
			throw new OAuth2AuthenticationException(
					new OAuth2Error(INVALID_TARGET, "The resource is not among those that were authorized", null));
		}
		return requested.isEmpty() ? authorized : requested;
	}

	/**
	 * The resources that a request names.
	 * @param parameters the parameters as Spring Security keeps them: a string, or an
	 * array if a name occurs more than once
	 */
	static Set<String> requested(Map<String, Object> parameters) {
		Object value = parameters.get(OAuth2ParameterNames.RESOURCE);
		if (value instanceof String[] several) {
			return new LinkedHashSet<>(List.of(several));
		}
		return (value != null) ? Set.of(value.toString()) : Set.of();
	}

	/**
	 * In a token exchange, {@code audience} is a target as well (RFC 8693 section 2.1).
	 */
	private static Set<String> requested(@Nullable Authentication grant) {
		if (grant instanceof OAuth2TokenExchangeAuthenticationToken exchange) {
			Set<String> targets = new LinkedHashSet<>(exchange.getResources());
			targets.addAll(exchange.getAudiences());
			return targets;
		}
		return (grant instanceof OAuth2AuthorizationGrantAuthenticationToken token)
				? requested(token.getAdditionalParameters()) : Set.of();
	}

	private static OAuth2Error unknown() {
		return new OAuth2Error(INVALID_TARGET, "The resource is not known here", null);
	}

}
