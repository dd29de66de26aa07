package io.mcpsecurity.sample.authorizationserver;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The scopes that this authorization server knows, in the words in which a user is asked
 * for them.
 */
enum ResearchScope {

	/** Look, do not touch: all that a client gets which nobody has vouched for. */
	BROWSE("research:browse", "Look at research records"),

	/** Lets data leave the server. */
	EXPORT("research:export", "Take copies of research records as CSV or JSON"),

	/** Cannot be undone. */
	PURGE("research:purge", "Delete research records");

	private final String value;

	private final String description;

	ResearchScope(String value, String description) {
		this.value = value;
		this.description = description;
	}

	/**
	 * The scope as it stands in requests and tokens.
	 */
	public String value() {
		return this.value;
	}

	/**
	 * What it allows, as a user reads it.
	 */
	public String description() {
		return this.description;
	}

	static List<String> values(Collection<ResearchScope> scopes) {
		return scopes.stream().map(ResearchScope::value).toList();
	}

	static Optional<ResearchScope> find(String value) {
		return Arrays.stream(values()).filter((scope) -> scope.value.equals(value)).findFirst();
	}

}
