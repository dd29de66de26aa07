package io.mcpsecurity.authorizationserver;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationContext;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * Reduces the scopes that a client requests to those that can be granted. RFC 6749
 * section 3.3 lets the server ignore a part of the requested scopes, as long as the token
 * response names those of the token. MCP clients depend on that: they request every scope
 * of a challenge or the metadata, independently of the scopes of their registration.
 */
final class RequestedScopes {

	/**
	 * Scopes of OpenID Connect (Core section 5.4 and 11). Many clients add them to every
	 * request; they request claims or refresh tokens, but no access to a resource.
	 */
	private static final Set<String> OPENID_CONNECT = Set.of("openid", "profile", "email", "address", "phone",
			"offline_access");

	private final AuthorizationServerModel model;

	RequestedScopes(AuthorizationServerModel model) {
		this.model = model;
	}

	/**
	 * The requested scopes that a client may have for the requested resources. If no
	 * scope is requested, this is the narrowest scope of the client. Without requested
	 * resources, all scopes are possible, because the token has no audience.
	 * @return the scopes; empty if no scope can be granted
	 */
	Set<String> grantable(Collection<String> requested, RegisteredClient client, Collection<String> resources) {
		Set<String> possible = resources.isEmpty() ? this.model.scopeNames() : this.model.scopesOf(resources);
		Set<String> scopes = ofResource(requested);
		if (!scopes.isEmpty()) {
			scopes.retainAll(client.getScopes());
			scopes.retainAll(possible);
			return scopes;
		}
		return possible.stream().filter(client.getScopes()::contains).findFirst().map(Set::of).orElseGet(Set::of);
	}

	/**
	 * The requested scopes without those of OpenID Connect.
	 */
	static Set<String> ofResource(Collection<String> requested) {
		Set<String> scopes = new LinkedHashSet<>(requested);
		scopes.removeAll(OPENID_CONNECT);
		return scopes;
	}

	/**
	 * Refuse an authorization request without any scope that can be granted, after its
	 * client and redirect URI were validated.
	 */
	static void requireAny(OAuth2AuthorizationCodeRequestAuthenticationContext context) {
		OAuth2AuthorizationCodeRequestAuthenticationToken request = context.getAuthentication();
		Set<String> scopes = request.getScopes();
		if (scopes.isEmpty() || !context.getRegisteredClient().getScopes().containsAll(scopes)) {
			throw AuthorizationResponses.refusal(context,
					nothingLeft("the client may have none of the requested scopes"));
		}
	}

	static OAuth2Error nothingLeft(String reason) {
		return new OAuth2Error(OAuth2ErrorCodes.INVALID_SCOPE, "Nothing is left to grant: " + reason, null);
	}

}
