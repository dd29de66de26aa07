package io.mcpsecurity.authorization;

import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The hierarchy of scopes (MCP 2026-07-28, Authorization: a broader scope satisfies the
 * requirement of a narrower one).
 */
@FunctionalInterface
public interface ScopeHierarchy {

	/** No scope contains another. */
	ScopeHierarchy FLAT = (granted) -> granted::contains;

	/**
	 * Whether a scope is held with the granted ones: as one of them, or contained in one.
	 */
	Predicate<String> held(Set<String> granted);

	/** The narrowest of several scopes: the first that contains none of the others. */
	default String narrowest(List<String> choice) {
		return choice.stream()
			.filter((scope) -> choice.stream()
				.noneMatch((other) -> !other.equals(scope) && held(Set.of(scope)).test(other)))
			.findFirst()
			.orElse(choice.get(0));
	}

}
