package io.mcpsecurity.authorizationserver;

import java.util.LinkedHashSet;
import java.util.Set;

import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;

/**
 * The scopes that a user may grant to a client: those of the user's own roles. A user
 * without a role cannot grant any scope.
 */
final class GrantableScopes {

	private static final String ROLE = "ROLE_";

	private final AuthorizationServerModel model;

	GrantableScopes(AuthorizationServerModel model) {
		this.model = model;
	}

	Set<String> of(Authentication user) {
		Set<String> scopes = new LinkedHashSet<>();
		for (GrantedAuthority granted : user.getAuthorities()) {
			String authority = String.valueOf(granted.getAuthority());
			if (authority.startsWith(ROLE)) {
				scopes.addAll(this.model.scopesOfRole(authority.substring(ROLE.length())));
			}
		}
		return scopes;
	}

}
