package io.mcpsecurity.sample.authorizationserver;

import java.util.Collection;
import java.util.List;

import io.mcpsecurity.authorization.ScopeCatalogue;

/**
 * A scope in the words in which a user is asked for it: those of the scope catalogue, so
 * that the pages say what the server's configuration says.
 *
 * @param value the scope as it stands in requests and tokens
 * @param description what it lets one do, or the scope itself when nobody said
 */
record ScopePrompt(String value, String description) {

	static List<ScopePrompt> of(Collection<ResearchScope> scopes, ScopeCatalogue catalogue) {
		return scopes.stream().map((scope) -> {
			String description = catalogue.description(scope.value());
			return new ScopePrompt(scope.value(), (description != null) ? description : scope.value());
		}).toList();
	}

}
