package io.mcpsecurity.authorization;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The scopes that a target requires: all of one list and one of another.
 *
 * @param allOf scopes that are all required
 * @param anyOf scopes of which one is sufficient, the narrowest first; can be empty
 */
public record ScopeRequirement(List<String> allOf, List<String> anyOf) {

	/** No scopes are required. */
	public static final ScopeRequirement NONE = new ScopeRequirement(List.of(), List.of());

	/** RFC 6749 section 3.3: printable ASCII except space, double quote and backslash. */
	private static final Pattern SCOPE_TOKEN = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]+");

	/**
	 * Create a requirement.
	 * @throws IllegalArgumentException if a scope is not a scope-token of RFC 6749
	 * section 3.3
	 */
	public ScopeRequirement {
		allOf = distinct(allOf);
		anyOf = distinct(anyOf);
	}

	private static List<String> distinct(Collection<String> scopes) {
		for (String scope : scopes) {
			if (!SCOPE_TOKEN.matcher(scope).matches()) {
				throw new IllegalArgumentException("'" + scope
						+ "' is not a scope: RFC 6749 section 3.3 allows printable ASCII without space, \" and \\");
			}
		}
		return List.copyOf(new LinkedHashSet<>(scopes));
	}

	/** Require one scope. */
	public static ScopeRequirement of(String scope) {
		return new ScopeRequirement(List.of(scope), List.of());
	}

	/**
	 * All scopes of the operation, held or not, for a challenge (MCP 2026-07-28,
	 * Authorization: all scopes of the current operation in one challenge). Of
	 * {@code anyOf} it contains the first scope that the caller holds, or else the
	 * narrowest.
	 * @param held whether the caller holds a scope
	 * @param hierarchy the scope hierarchy
	 */
	List<String> operationScopes(Predicate<String> held, ScopeHierarchy hierarchy) {
		if (this.anyOf.isEmpty()) {
			return this.allOf;
		}
		Set<String> scopes = new LinkedHashSet<>(this.allOf);
		scopes.add(this.anyOf.stream().filter(held).findFirst().orElseGet(() -> hierarchy.narrowest(this.anyOf)));
		return List.copyOf(scopes);
	}

	/** Every scope of both lists, in the order of declaration. */
	public List<String> all() {
		Set<String> scopes = new LinkedHashSet<>(this.allOf);
		scopes.addAll(this.anyOf);
		return List.copyOf(scopes);
	}

	@Override
	public String toString() {
		if (this.anyOf.isEmpty()) {
			return this.allOf.isEmpty() ? "no scope" : "all of " + this.allOf;
		}
		return (this.allOf.isEmpty() ? "" : "all of " + this.allOf + " and ") + "one of " + this.anyOf;
	}

}
