package io.mcpsecurity.sample.authorizationserver;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The scopes that this authorization server knows. What they let one do is said in the
 * MCP server's scope catalogue.
 */
enum ResearchScope {

	/** Look, do not touch: all that a client gets which nobody has vouched for. */
	BROWSE("research:browse"),

	/** Lets data leave the server. */
	EXPORT("research:export"),

	/** Cannot be undone. */
	PURGE("research:purge");

	private final String value;

	ResearchScope(String value) {
		this.value = value;
	}

	/**
	 * The scope as it stands in requests and tokens.
	 */
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
