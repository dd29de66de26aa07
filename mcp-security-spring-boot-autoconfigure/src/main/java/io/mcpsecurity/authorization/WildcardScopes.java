package io.mcpsecurity.authorization;

import java.util.AbstractSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A hierarchy in which a scope that ends with {@code :*}, {@code .*} or {@code /*}
 * contains all scopes that begin with the same characters.
 * <p>
 * OAuth has no such scopes (RFC 6749 section 3.3: a scope is an opaque string), so this
 * applies only where it is configured.
 *
 * @param hierarchy the hierarchy of other scopes
 * @param named all scopes of that hierarchy
 */
public record WildcardScopes(ScopeHierarchy hierarchy, Set<String> named) implements ScopeHierarchy {

	@Override
	public Set<String> reachable(Set<String> scopes) {
		Set<String> reachable = this.hierarchy.reachable(scopes);
		List<String> prefixes = reachable.stream()
			.filter((scope) -> scope.matches(".+[:./]\\*"))
			.map((scope) -> scope.substring(0, scope.length() - 1))
			.toList();
		if (prefixes.isEmpty()) {
			return reachable;
		}
		Set<String> more = new LinkedHashSet<>(reachable);
		this.named.stream().filter((scope) -> begins(scope, prefixes)).forEach(more::add);
		return new Contained(this.hierarchy.reachable(more), prefixes);
	}

	private static boolean begins(String scope, List<String> prefixes) {
		return prefixes.stream().anyMatch((prefix) -> scope.length() > prefix.length() && scope.startsWith(prefix));
	}

	/**
	 * A set of scopes. {@link #contains} also returns {@code true} for scopes that begin
	 * with a prefix.
	 */
	private static final class Contained extends AbstractSet<String> {

		private final Set<String> scopes;

		private final List<String> prefixes;

		Contained(Set<String> scopes, List<String> prefixes) {
			this.scopes = scopes;
			this.prefixes = prefixes;
		}

		@Override
		public boolean contains(Object scope) {
			return this.scopes.contains(scope) || (scope instanceof String text && begins(text, this.prefixes));
		}

		@Override
		public Iterator<String> iterator() {
			return this.scopes.iterator();
		}

		@Override
		public int size() {
			return this.scopes.size();
		}

	}

}
