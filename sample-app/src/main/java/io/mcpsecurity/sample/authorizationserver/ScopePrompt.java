package io.mcpsecurity.sample.authorizationserver;

import java.util.Collection;
import java.util.List;

import io.mcpsecurity.authorization.ScopeCatalogue;

/**
 * A scope with the description that is shown to users. It is taken from the scope
 * catalogue, so that the pages match the server's configuration.
 *
 * @param value the scope as used in requests and tokens
 * @param description what the scope allows, or the scope itself without a description
 */
record ScopePrompt(String value, String description) {

	static List<ScopePrompt> of(Collection<ResearchScope> scopes, ScopeCatalogue catalogue) {
		return scopes.stream().map((scope) -> {
			String description = catalogue.description(scope.value());
			return new ScopePrompt(scope.value(), (description != null) ? description : scope.value());
		}).toList();
	}

}
