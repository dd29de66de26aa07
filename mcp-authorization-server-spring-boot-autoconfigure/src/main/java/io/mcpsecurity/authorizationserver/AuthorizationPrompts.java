package io.mcpsecurity.authorizationserver;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.web.savedrequest.DefaultSavedRequest;
import org.springframework.security.web.savedrequest.SavedRequest;

/** Converts authorization requests to prompts for the pages. */
final class AuthorizationPrompts {

	private final ClientRegistry clients;

	private final AuthorizationServerModel model;

	private final RequestedScopes requestedScopes;

	private final String authorizationEndpoint;

	AuthorizationPrompts(ClientRegistry clients, AuthorizationServerModel model, String authorizationEndpoint) {
		this.clients = clients;
		this.model = model;
		this.requestedScopes = new RequestedScopes(model);
		this.authorizationEndpoint = authorizationEndpoint;
	}

	/**
	 * Create a prompt for the request that waits for a login. It was validated before the
	 * login page was shown. The user, and therefore the scopes that the user may grant,
	 * are not known yet.
	 */
	Optional<AuthorizationPrompt> forWaitingRequest(@Nullable SavedRequest request) {
		if (!(request instanceof DefaultSavedRequest saved)
				|| !this.authorizationEndpoint.equals(saved.getServletPath())) {
			return Optional.empty();
		}
		Map<String, Object> parameters = new HashMap<>(request.getParameterMap());
		List<String> scopes = first(request, OAuth2ParameterNames.SCOPE).map((value) -> List.of(value.split(" ")))
			.orElseGet(List::of);
		return first(request, OAuth2ParameterNames.CLIENT_ID).map(this.clients::findByClientId)
			.map((client) -> prompt(client, scopes, this.model.scopeNames(), ResourceIndicators.requested(parameters),
					first(request, OAuth2ParameterNames.REDIRECT_URI).orElse(null)));
	}

	/** Create a prompt for the request that waits for a user's consent. */
	Optional<AuthorizationPrompt> forConsent(OAuth2AuthorizationRequest request, Set<String> grantable) {
		return Optional.ofNullable(this.clients.findByClientId(request.getClientId()))
			.map((client) -> prompt(client, request.getScopes(), grantable,
					ResourceIndicators.requested(request.getAdditionalParameters()), request.getRedirectUri()));
	}

	/**
	 * The requested scopes are limited to those that the client may have: an
	 * administrator can have changed them since the request.
	 */
	private AuthorizationPrompt prompt(RegisteredClient client, Collection<String> requested, Set<String> grantable,
			Set<String> resources, @Nullable String redirectUri) {
		Set<String> possible = this.requestedScopes.grantable(requested, client, resources);
		List<Scope> scopes = this.model.scopes().stream().filter((scope) -> possible.contains(scope.name())).toList();
		return new AuthorizationPrompt(client.getClientName(), client.getClientId(),
				ClientRegistry.isSelfRegistered(client), ClientMetadataDocuments.host(client),
				scopes.stream().filter((scope) -> grantable.contains(scope.name())).toList(),
				scopes.stream().filter((scope) -> !grantable.contains(scope.name())).toList(), resources,
				RedirectUris.destination(redirectUri(client, redirectUri)));
	}

	/** The redirect URI of a request, which is optional if the client has only one. */
	static String redirectUri(RegisteredClient client, @Nullable String requested) {
		return (requested != null && !requested.isEmpty()) ? requested : client.getRedirectUris().iterator().next();
	}

	private static Optional<String> first(SavedRequest request, String name) {
		String[] values = request.getParameterValues(name);
		return (values != null && values.length > 0 && !values[0].isEmpty()) ? Optional.of(values[0])
				: Optional.empty();
	}

}
