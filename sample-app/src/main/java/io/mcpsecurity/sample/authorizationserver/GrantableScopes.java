package io.mcpsecurity.sample.authorizationserver;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;

/**
 * What a user may let a client do: nobody can hand on more than he may do himself, and
 * without a role that is nothing.
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
