package io.mcpsecurity.authorization;

import java.util.List;
import java.util.Set;

/**
 * Which scopes contain which others (MCP 2026-07-28, Authorization: a broader scope
 * satisfies what asks for a narrower one).
 */
@FunctionalInterface
public interface ScopeHierarchy {

	/**
	 * No scope contains another.
	 */
	ScopeHierarchy FLAT = (scopes) -> scopes;

	/**
	 * The given scopes and all that they contain.
	 */
	Set<String> reachable(Set<String> scopes);

	/**
	 * Of scopes to choose from, the narrowest: the first that contains none of the
	 * others.
	 */
	default String narrowest(List<String> choice) {
		return choice.stream()
			.filter((scope) -> choice.stream()
				.noneMatch((other) -> !other.equals(scope) && reachable(Set.of(scope)).contains(other)))
			.findFirst()
			.orElse(choice.get(0));
	}

}
