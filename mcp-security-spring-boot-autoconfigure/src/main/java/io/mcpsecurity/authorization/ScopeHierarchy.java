package io.mcpsecurity.authorization;

import java.util.List;
import java.util.Set;

/**
 * The hierarchy of scopes (MCP 2026-07-28, Authorization: a broader scope satisfies the
 * requirement of a narrower one).
 */
@FunctionalInterface
public interface ScopeHierarchy {

	/**
	 * No scope contains another.
	 */
	ScopeHierarchy FLAT = (scopes) -> scopes;

	/**
	 * The given scopes and all scopes that they contain.
	 */
	Set<String> reachable(Set<String> scopes);

	/**
	 * The narrowest of several scopes: the first that contains none of the others.
	 */
	default String narrowest(List<String> choice) {
		return choice.stream()
			.filter((scope) -> choice.stream()
				.noneMatch((other) -> !other.equals(scope) && reachable(Set.of(scope)).contains(other)))
			.findFirst()
			.orElse(choice.get(0));
	}

}
