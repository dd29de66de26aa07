package io.mcpsecurity.authorizationserver;

import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.user.OAuth2User;

/**
 * How users sign in: with a password, at other providers, or either way.
 *
 * @param federation the sign-in at other providers, or {@code null} without Spring
 * Security's OAuth client
 * @param passwords whether there are users with a password
 */
record SignIn(@Nullable FederatedLogin federation, boolean passwords) {

	/** The paths at which a sign-in at a provider starts, and the providers' names. */
	Map<String, String> links() {
		return (this.federation != null) ? this.federation.links() : Map.of();
	}

	/** The paths that {@link #configure} needs in a filter chain. */
	String[] paths() {
		return (this.federation != null) ? this.federation.paths() : new String[0];
	}

	/**
	 * Where users without a session go: to the only provider, otherwise to the login
	 * page.
	 */
	String entryPoint() {
		return (!this.passwords && links().size() == 1) ? links().keySet().iterator().next()
				: AuthorizationServerChains.LOGIN;
	}

	void configure(HttpSecurity http) {
		if (this.federation != null && !links().isEmpty()) {
			this.federation.configure(http);
		}
	}

	/** The user as the pages show it. */
	static String text(Authentication user) {
		Object text = (user.getPrincipal() instanceof OAuth2User federated) ? federated.getAttribute("name") : null;
		return (text instanceof String name) ? name : user.getName();
	}

}
