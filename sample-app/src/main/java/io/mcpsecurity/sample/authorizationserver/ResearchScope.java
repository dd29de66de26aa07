package io.mcpsecurity.sample.authorizationserver;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The scopes of this authorization server. {@code mcp-security.scopes} describes them.
 */
enum ResearchScope {

	/** Read access. Clients that registered themselves get only this scope. */
	BROWSE("research:browse"),

	/** Allows exporting data from the server. */
	EXPORT("research:export"),

	/** Allows deleting data, which cannot be undone. */
	PURGE("research:purge");

	private final String value;

	ResearchScope(String value) {
		this.value = value;
	}

	/** The scope as used in requests and tokens. */
	public String value() {
		return this.value;
	}

	static List<String> values(Collection<ResearchScope> scopes) {
		return scopes.stream().map(ResearchScope::value).toList();
	}

	static Optional<ResearchScope> find(String value) {
		return Arrays.stream(values()).filter((scope) -> scope.value.equals(value)).findFirst();
	}

}
