package io.mcpsecurity.autoconfigure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.ConfiguredRule;
import io.mcpsecurity.authorization.Conventions;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.authorization.ScopeHierarchy;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.authorization.TargetPattern;
import io.mcpsecurity.message.McpTarget.Kind;
import io.mcpsecurity.token.ClaimPointer;
import org.jspecify.annotations.Nullable;

import org.springframework.security.access.hierarchicalroles.CycleInRoleHierarchyException;
import org.springframework.security.access.hierarchicalroles.RoleHierarchy;
import org.springframework.security.access.hierarchicalroles.RoleHierarchyImpl;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.util.StringUtils;

/**
 * The part of the properties that is about who may use what, as the rooms of the library
 * understand it. A value that is wrong is an {@link InvalidMcpSecurityPropertyException}.
 */
final class PolicyProperties {

	private static final String RULES = "mcp.security.rules";

	private static final String HIERARCHY = "mcp.security.scope-hierarchy";

	private final List<ConfiguredRule> rules;

	private final Conventions conventions;

	private final ScopeHierarchy hierarchy;

	private final ScopeCatalogue catalogue;

	private final List<ClaimPointer> moreScopeClaims;

	PolicyProperties(McpSecurityProperties properties, String requestPrefix) {
		this.rules = rules(RULES, properties.rules());
		checkScope("mcp.security.read-only-scope", properties.readOnlyScope());
		checkScope("mcp.security.destructive-scope", properties.destructiveScope());
		checkScope("mcp.security.scope-template", properties.scopeTemplate());
		this.conventions = new Conventions(properties.readOnlyScope(), properties.destructiveScope(),
				properties.scopeTemplate());
		this.hierarchy = hierarchy(properties.scopeHierarchy());
		this.catalogue = catalogue(properties.scopes(), requestPrefix);
		this.moreScopeClaims = properties.token()
			.moreScopeClaims()
			.stream()
			.map((claim) -> checked("mcp.security.token.more-scope-claims", claim, () -> ClaimPointer.of(claim)))
			.toList();
	}

	static List<ConfiguredRule> rules(String property, List<McpSecurityProperties.Rule> rules) {
		List<ConfiguredRule> configured = new ArrayList<>();
		for (int i = 0; i < rules.size(); i++) {
			configured.add(rule(property + "[" + i + "]", rules.get(i)));
		}
		return List.copyOf(configured);
	}

	/**
	 * Make a rule book of rules that could contradict each other.
	 */
	static RuleBook ruleBook(String property, Supplier<RuleBook> book) {
		try {
			return book.get();
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidMcpSecurityPropertyException(property, null,
					"cannot be followed: " + ex.getMessage() + ".", "Remove one of the two from " + property + ".");
		}
	}

	private static ConfiguredRule rule(String property, McpSecurityProperties.Rule rule) {
		List<TargetPattern> patterns = Stream
			.of(patterns(property + ".tools", Kind.TOOL, rule.tools()),
					patterns(property + ".resources", Kind.RESOURCE, rule.resources()),
					patterns(property + ".prompts", Kind.PROMPT, rule.prompts()))
			.flatMap(List::stream)
			.toList();
		if (patterns.isEmpty()) {
			throw new InvalidMcpSecurityPropertyException(property, null, "names no tools, resources or prompts.",
					"Set at least one of " + property + ".tools, .resources and .prompts.");
		}
		ScopeRequirement requirement = checked(property + ".scopes", rule.scopes(),
				() -> new ScopeRequirement(rule.scopes().allOf(), rule.scopes().anyOf()));
		boolean scopes = !requirement.equals(ScopeRequirement.NONE);
		if (scopes == (rule.access() != null)) {
			throw new InvalidMcpSecurityPropertyException(property, null,
					scopes ? "has both scopes and access." : "has neither scopes nor access.",
					"Set either " + property + ".scopes.all-of or .any-of, or " + property + ".access.");
		}
		Access access = (rule.access() != null) ? Access.valueOf(rule.access().name()) : Access.SCOPES;
		return new ConfiguredRule(patterns, access, requirement, property);
	}

	private static List<TargetPattern> patterns(String property, Kind kind, List<String> texts) {
		return texts.stream().map((text) -> checked(property, text, () -> new TargetPattern(kind, text))).toList();
	}

	static void checkScope(String property, @Nullable String scope) {
		if (scope != null) {
			checked(property, scope, () -> ScopeRequirement.of(scope));
		}
	}

	private static ScopeHierarchy hierarchy(@Nullable String text) {
		if (!StringUtils.hasText(text)) {
			return ScopeHierarchy.FLAT;
		}
		StringBuilder relations = new StringBuilder();
		Set<String> named = new LinkedHashSet<>();
		for (String line : text.lines().filter(StringUtils::hasText).toList()) {
			List<String> scopes = Stream.of(line.split(">", -1)).map(String::trim).toList();
			if (scopes.size() < 2) {
				throw CheckedProperties.invalid(HIERARCHY, line.trim(), "is not a relation like broader > narrower.");
			}
			checked(HIERARCHY, line.trim(), () -> new ScopeRequirement(scopes, List.of()));
			named.addAll(scopes);
			// Spring Security reads a relation only with spaces around the sign.
			relations.append(String.join(" > ", scopes)).append('\n');
		}
		try {
			return hierarchy(RoleHierarchyImpl.fromHierarchy(relations.toString()), named);
		}
		catch (CycleInRoleHierarchyException ex) {
			throw CheckedProperties.invalid(HIERARCHY, text.trim(), "has a cycle: a scope would contain itself.");
		}
	}

	private static ScopeHierarchy hierarchy(RoleHierarchy roles, Set<String> named) {
		Map<String, Set<String>> contained = named.stream()
			.collect(Collectors.toUnmodifiableMap((scope) -> scope, (scope) -> AuthorityUtils
				.authorityListToSet(roles.getReachableGrantedAuthorities(AuthorityUtils.createAuthorityList(scope)))));
		return (scopes) -> {
			Set<String> reachable = new LinkedHashSet<>(scopes);
			scopes.forEach((scope) -> reachable.addAll(contained.getOrDefault(scope, Set.of())));
			return reachable;
		};
	}

	private static ScopeCatalogue catalogue(Map<String, McpSecurityProperties.Scope> scopes, String requestPrefix) {
		Map<String, ScopeCatalogue.Entry> entries = new LinkedHashMap<>();
		scopes.forEach((scope, known) -> {
			checkScope("mcp.security.scopes", scope);
			checkScope("mcp.security.scopes[" + scope + "].requested-as", known.requestedAs());
			if (!known.grantedAs().stream().allMatch(StringUtils::hasText)) {
				throw CheckedProperties.invalid("mcp.security.scopes[" + scope + "].granted-as", known.grantedAs(),
						"has an empty name.");
			}
			entries.put(scope, new ScopeCatalogue.Entry(known.description(), known.grantedAs(), known.requestedAs()));
		});
		return new ScopeCatalogue(entries, requestPrefix);
	}

	static <T> T checked(String property, Object value, Supplier<T> supplier) {
		try {
			return supplier.get();
		}
		catch (IllegalArgumentException ex) {
			throw CheckedProperties.invalid(property, value, "cannot be used: " + ex.getMessage() + ".");
		}
	}

	List<ConfiguredRule> rules() {
		return this.rules;
	}

	Conventions conventions() {
		return this.conventions;
	}

	ScopeHierarchy hierarchy() {
		return this.hierarchy;
	}

	ScopeCatalogue catalogue() {
		return this.catalogue;
	}

	List<ClaimPointer> moreScopeClaims() {
		return this.moreScopeClaims;
	}

}
