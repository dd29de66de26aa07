package io.mcpsecurity.sample.authorizationserver;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;

/**
 * The scopes that a user may grant to a client: those of the user's own roles. A user
 * without a role cannot grant any scope.
 */
final class GrantableScopes {

	static final String ANALYST = "ANALYST";

	static final String ADMIN = "ADMIN";

	private static final Map<String, Set<ResearchScope>> BY_AUTHORITY = Map.of("ROLE_" + ANALYST,
			EnumSet.of(ResearchScope.BROWSE, ResearchScope.EXPORT), "ROLE_" + ADMIN,
			EnumSet.allOf(ResearchScope.class));

	private GrantableScopes() {
	}

	static Set<ResearchScope> of(Authentication user) {
		Set<ResearchScope> scopes = EnumSet.noneOf(ResearchScope.class);
		for (GrantedAuthority authority : user.getAuthorities()) {
			scopes.addAll(BY_AUTHORITY.getOrDefault(String.valueOf(authority.getAuthority()), Set.of()));
		}
		return scopes;
	}

}
