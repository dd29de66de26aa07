package io.mcpsecurity.authorization;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A hierarchy in which a scope that ends with {@code :*}, {@code .*} or {@code /*}
 * contains all scopes that begin with the same characters.
 * <p>
 * OAuth has no such scopes (RFC 6749 section 3.3: a scope is an opaque string), so this
 * applies only where it is configured.
 *
 * @param reachable other scopes and all scopes that they contain
 * @param named all scopes of that hierarchy
 */
public record WildcardScopes(UnaryOperator<Set<String>> reachable, Set<String> named) implements ScopeHierarchy {

	@Override
	public Predicate<String> held(Set<String> granted) {
		Set<String> reachable = this.reachable.apply(granted);
		List<String> prefixes = reachable.stream()
			.filter((scope) -> scope.matches(".+[:./]\\*"))
			.map((scope) -> scope.substring(0, scope.length() - 1))
			.toList();
		if (prefixes.isEmpty()) {
			return reachable::contains;
		}
		Set<String> more = new LinkedHashSet<>(reachable);
		this.named.stream().filter((scope) -> begins(scope, prefixes)).forEach(more::add);
		Set<String> all = this.reachable.apply(more);
		return (scope) -> all.contains(scope) || begins(scope, prefixes);
	}

	private static boolean begins(String scope, List<String> prefixes) {
		return prefixes.stream().anyMatch((prefix) -> scope.length() > prefix.length() && scope.startsWith(prefix));
	}

}
