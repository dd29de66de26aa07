package io.mcpsecurity.authorizationserver;

import java.util.LinkedHashSet;
import java.util.Set;

import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;

/**
 * The scopes that a user may grant to a client: those of the user's own roles. A user
 * without a role cannot grant any scope, and neither can a user of the application who
 * has the name of a user of another provider, and would be the same subject in tokens.
 */
final class GrantableScopes {

	private static final String ROLE = "ROLE_";

	private final AuthorizationServerModel model;

	private final Federation federation;

	GrantableScopes(AuthorizationServerModel model, Federation federation) {
		this.model = model;
		this.federation = federation;
	}

	Set<String> of(Authentication user) {
		Set<String> scopes = new LinkedHashSet<>();
		if (this.federation.isNameOfOther(user)) {
			return scopes;
		}
		for (GrantedAuthority granted : user.getAuthorities()) {
			String authority = String.valueOf(granted.getAuthority());
			if (authority.startsWith(ROLE)) {
				scopes.addAll(this.model.scopesOfRole(authority.substring(ROLE.length())));
			}
		}
		return scopes;
	}

}
