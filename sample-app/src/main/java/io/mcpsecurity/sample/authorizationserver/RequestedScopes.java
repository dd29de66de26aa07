package io.mcpsecurity.sample.authorizationserver;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
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
 * that a challenge or the metadata names, whatever scopes their registration has.
 */
final class RequestedScopes {

	/**
	 * Scopes of OpenID Connect (Core section 5.4 and 11). Many clients add them to every
	 * request; they ask for claims or refresh tokens, and for nothing of a resource.
	 */
	private static final Set<String> OPENID_CONNECT = Set.of("openid", "profile", "email", "address", "phone",
			"offline_access");

	private RequestedScopes() {
	}

	/**
	 * The part of the requested scopes that a client may have. Without any requested
	 * scope this is the narrowest one that the client has.
	 * @return the scopes, none if nothing is left to grant
	 */
	static Set<String> grantable(Collection<String> requested, RegisteredClient client) {
		Set<String> scopes = ofResource(requested);
		if (!scopes.isEmpty()) {
			scopes.retainAll(client.getScopes());
			return scopes;
		}
		return ResearchScope.values(List.of(ResearchScope.values()))
			.stream()
			.filter(client.getScopes()::contains)
			.findFirst()
			.map(Set::of)
			.orElseGet(Set::of);
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
	 * Refuse an authorization request of which nothing is left, after its client and its
	 * redirect URI were validated.
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
