package io.mcpsecurity.authorization;

import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The scopes that a client needs for basic use. An initial challenge and
 * {@code scopes_supported} should contain these (MCP 2025-11-25, Authorization, "Scope
 * Selection Strategy"); a client gets further scopes by stepping up.
 * <p>
 * Basic use is reading: calling tools with {@code readOnlyHint}, reading resources and
 * getting prompts. The scopes of all calls count, scopes that depend on a call's
 * arguments do not. Tools often have no hints at all, and Spring AI's {@code @McpTool}
 * gives each tool the defaults of the specification, so that these cannot be
 * distinguished from a decision. Therefore: if no tool has {@code readOnlyHint}, nothing
 * is known about basic use, and every scope that a rule names is returned.
 * <p>
 * The scopes are limited to {@value #MAX_LENGTH} characters, because they are sent in a
 * response header and come back in the URL of an authorization request. Targets that need
 * the fewest scopes come first, and scopes that do not fit are omitted.
 * <p>
 * Safe for use by several threads.
 */
public final class MinimalScopes implements Supplier<List<String>> {

	/** The maximum length of the scopes, as the value of a {@code scope} parameter. */
	public static final int MAX_LENGTH = 2048;

	private static final Log logger = LogFactory.getLog(MinimalScopes.class);

	/** MCP 2026-07-28: belongs neither into a challenge nor into the metadata. */
	private static final String OFFLINE_ACCESS = "offline_access";

	private final RuleBook rules;

	private final ScopeHierarchy hierarchy;

	private final UnaryOperator<List<String>> requestNames;

	private volatile @Nullable Found found;

	/**
	 * Create the scopes of one endpoint.
	 * @param rules its rules
	 * @param hierarchy the scope hierarchy; of alternative scopes the narrowest is used
	 * @param requestNames maps scopes to the names by which clients request them; the
	 * limit applies to these names
	 */
	public MinimalScopes(RuleBook rules, ScopeHierarchy hierarchy, UnaryOperator<List<String>> requestNames) {
		this.rules = rules;
		this.hierarchy = hierarchy;
		this.requestNames = requestNames;
	}

	/**
	 * The scopes by their names in rules, in the order of {@link RuleBook#scopes()}.
	 * Computed again only after the offered targets have changed.
	 */
	@Override
	public List<String> get() {
		Found known = this.found;
		long version = this.rules.offered().version();
		if (known == null || known.version() != version) {
			known = new Found(version, find());
			this.found = known;
		}
		return known.scopes();
	}

	private List<String> find() {
		List<String> all = this.rules.scopes().stream().filter((scope) -> !scope.equals(OFFLINE_ACCESS)).toList();
		Set<String> wanted = new LinkedHashSet<>();
		Set<String> fitting = new LinkedHashSet<>();
		for (Collection<String> needed : needed(all)) {
			wanted.addAll(needed);
			Set<String> more = new LinkedHashSet<>(fitting);
			if (more.addAll(needed) && length(more) <= MAX_LENGTH) {
				fitting = more;
			}
		}
		if (wanted.size() > fitting.size()) {
			logger.warn("Only %d of %d scopes for basic use are advertised: together they have more than %d characters"
				.formatted(fitting.size(), wanted.size(), MAX_LENGTH));
		}
		return all.stream().filter(fitting::contains).toList();
	}

	/**
	 * The scopes that each target requires, the fewest scopes first, then by the targets'
	 * names, so that the same scopes are omitted after each start.
	 */
	private List<? extends Collection<String>> needed(List<String> all) {
		OfferedTargets offered = this.rules.offered();
		if (offered.all().stream().noneMatch((target) -> isReadOnlyTool(offered, target))) {
			return all.stream().sorted().map(List::of).toList();
		}
		return offered.all()
			.stream()
			.filter((target) -> target.kind() != Kind.TOOL || isReadOnlyTool(offered, target))
			.sorted(Comparator.comparing(McpTarget::toString))
			.map(this.rules::ruleFor)
			.filter((rule) -> rule.when() == null)
			.map((rule) -> rule.requirement().operationScopes((scope) -> false, this.hierarchy))
			.map((scopes) -> scopes.stream().filter((scope) -> !scope.equals(OFFLINE_ACCESS)).toList())
			.sorted(Comparator.comparingInt(List::size))
			.toList();
	}

	private static boolean isReadOnlyTool(OfferedTargets offered, McpTarget target) {
		OfferedTargets.Hints hints = offered.hints(target);
		return target.kind() == Kind.TOOL && hints != null && hints.readOnly();
	}

	private int length(Collection<String> scopes) {
		return String.join(" ", this.requestNames.apply(List.copyOf(scopes))).length();
	}

	/**
	 * The cached scopes.
	 *
	 * @param version the version of the offered targets, read before the scopes are
	 * computed, so that a concurrent change invalidates them
	 * @param scopes the scopes
	 */
	private record Found(long version, List<String> scopes) {
	}

}
