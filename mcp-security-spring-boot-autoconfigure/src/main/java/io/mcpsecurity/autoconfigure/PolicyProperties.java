package io.mcpsecurity.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AuthenticationRequirement;
import io.mcpsecurity.authorization.ConfiguredRule;
import io.mcpsecurity.authorization.Conventions;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.authorization.ScopeHierarchy;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.authorization.TargetPattern;
import io.mcpsecurity.authorization.WildcardScopes;
import io.mcpsecurity.message.McpTarget.Kind;
import org.jspecify.annotations.Nullable;

import org.springframework.security.access.hierarchicalroles.CycleInRoleHierarchyException;
import org.springframework.security.access.hierarchicalroles.RoleHierarchy;
import org.springframework.security.access.hierarchicalroles.RoleHierarchyImpl;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.util.StringUtils;

/**
 * The rules and scopes of the configuration, checked and converted to the types of the
 * authorization package.
 */
final class PolicyProperties {

	private static final String POLICY = PropertyBinder.PREFIX + ".policy";

	static final String RULES = POLICY + ".rules";

	private static final String HIERARCHY = POLICY + ".scope-hierarchy";

	private static final String SCOPES = PropertyBinder.PREFIX + ".scopes";

	private final List<ConfiguredRule> rules;

	private final Conventions conventions;

	private final ScopeHierarchy hierarchy;

	private final ScopeCatalogue catalogue;

	PolicyProperties(McpSecurityProperties properties, String requestPrefix) {
		McpSecurityProperties.Policy policy = properties.policy();
		this.rules = rules(RULES, policy.rules());
		checkScope(POLICY + ".read-only-scope", policy.readOnlyScope());
		checkScope(POLICY + ".destructive-scope", policy.destructiveScope());
		checkScope(POLICY + ".scope-template", policy.scopeTemplate());
		this.conventions = new Conventions(policy.readOnlyScope(), policy.destructiveScope(), policy.scopeTemplate());
		this.hierarchy = hierarchy(policy.scopeHierarchy(), policy.wildcardScopes());
		this.catalogue = catalogue(properties.scopes(), requestPrefix);
	}

	static List<ConfiguredRule> rules(String property, List<McpSecurityProperties.Rule> rules) {
		List<ConfiguredRule> configured = new ArrayList<>();
		for (int i = 0; i < rules.size(); i++) {
			configured.add(rule(property + "[" + i + "]", rules.get(i)));
		}
		return List.copyOf(configured);
	}

	/**
	 * Create a rule book, whose rules may contradict each other.
	 */
	static RuleBook ruleBook(String property, Supplier<RuleBook> book) {
		try {
			return book.get();
		}
		catch (IllegalArgumentException ex) {
			throw CheckedProperties.invalid(property, null,
					StringUtils.capitalize(ex.getMessage()) + ". Remove one of the two.");
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
			throw CheckedProperties.invalid(property, null,
					"It names no tools, resources or prompts. Set at least one of .tools, .resources and .prompts.");
		}
		checked(property + ".scopes", rule.scopes(), () -> new ScopeRequirement(rule.scopes(), List.of()));
		ScopeRequirement requirement = checked(property + ".any-of", rule.anyOf(),
				() -> new ScopeRequirement(rule.scopes(), rule.anyOf()));
		AuthenticationRequirement authentication = authentication(property, rule);
		boolean scopes = !requirement.equals(ScopeRequirement.NONE);
		Access access = (rule.access() != null) ? Access.valueOf(rule.access().name()) : scopes ? Access.SCOPES : null;
		boolean none = access == null && authentication.equals(AuthenticationRequirement.NONE);
		if (none || (scopes && access != Access.SCOPES)) {
			throw CheckedProperties.invalid(property, null, (scopes ? "It has both scopes and access."
					: "It has neither scopes nor access.")
					+ " Set either .scopes or .any-of (or both of them), or .access; or only .acr or .max-age.");
		}
		if (!authentication.equals(AuthenticationRequirement.NONE)
				&& (access == Access.PUBLIC || access == Access.DENY)) {
			throw CheckedProperties.invalid(property + ".access", rule.access(),
					"It has .acr or .max-age, which need an access token. Set it to authenticated, or remove them.");
		}
		return new ConfiguredRule(patterns, access, requirement, authentication, property);
	}

	private static AuthenticationRequirement authentication(String property, McpSecurityProperties.Rule rule) {
		checked(property + ".acr", rule.acr(), () -> new AuthenticationRequirement(rule.acr(), null));
		Duration maxAge = rule.maxAge();
		return (maxAge != null)
				? checked(property + ".max-age", maxAge, () -> new AuthenticationRequirement(rule.acr(), maxAge))
				: new AuthenticationRequirement(rule.acr(), null);
	}

	private static List<TargetPattern> patterns(String property, Kind kind, List<String> texts) {
		return texts.stream().map((text) -> checked(property, text, () -> new TargetPattern(kind, text))).toList();
	}

	static void checkScope(String property, @Nullable String scope) {
		if (scope != null) {
			checked(property, scope, () -> ScopeRequirement.of(scope));
		}
	}

	private static ScopeHierarchy hierarchy(@Nullable String text, boolean wildcards) {
		if (!StringUtils.hasText(text)) {
			return wildcards ? new WildcardScopes(UnaryOperator.identity(), Set.of()) : ScopeHierarchy.FLAT;
		}
		StringBuilder relations = new StringBuilder();
		Set<String> named = new LinkedHashSet<>();
		for (String line : text.lines().filter(StringUtils::hasText).toList()) {
			List<String> scopes = Stream.of(line.split(">", -1)).map(String::trim).toList();
			if (scopes.size() < 2) {
				throw CheckedProperties.invalid(HIERARCHY, line.trim(),
						"It is not a relation like broader > narrower.");
			}
			checked(HIERARCHY, line.trim(), () -> new ScopeRequirement(scopes, List.of()));
			named.addAll(scopes);
			// Spring Security reads a relation only with spaces around the sign.
			relations.append(String.join(" > ", scopes)).append('\n');
		}
		try {
			UnaryOperator<Set<String>> reachable = reachable(RoleHierarchyImpl.fromHierarchy(relations.toString()),
					named);
			return wildcards ? new WildcardScopes(reachable, named) : (granted) -> reachable.apply(granted)::contains;
		}
		catch (CycleInRoleHierarchyException ex) {
			throw CheckedProperties.invalid(HIERARCHY, text.trim(), "It has a cycle: a scope would contain itself.");
		}
	}

	private static UnaryOperator<Set<String>> reachable(RoleHierarchy roles, Set<String> named) {
		Map<String, Set<String>> contained = named.stream()
			.collect(Collectors.toUnmodifiableMap((scope) -> scope, (scope) -> AuthorityUtils
				.authorityListToSet(roles.getReachableGrantedAuthorities(AuthorityUtils.createAuthorityList(scope)))));
		return (scopes) -> {
			Set<String> reachable = new LinkedHashSet<>(scopes);
			scopes.forEach((scope) -> reachable.addAll(contained.getOrDefault(scope, Set.of())));
			return reachable;
		};
	}

	private static ScopeCatalogue catalogue(List<McpSecurityProperties.Scope> scopes, String requestPrefix) {
		Map<String, ScopeCatalogue.Entry> entries = new LinkedHashMap<>();
		for (int i = 0; i < scopes.size(); i++) {
			String property = SCOPES + "[" + i + "]";
			McpSecurityProperties.Scope scope = scopes.get(i);
			String name = scope.name();
			if (name == null) {
				throw CheckedProperties.invalid(property + ".name", null,
						"It is not set. Set it to the name of the scope in rules.");
			}
			checkScope(property + ".name", name);
			checkScope(property + ".requested-as", scope.requestedAs());
			if (!scope.grantedAs().stream().allMatch(StringUtils::hasText)) {
				throw CheckedProperties.invalid(property + ".granted-as", scope.grantedAs(),
						"It contains an empty name.");
			}
			ScopeCatalogue.Entry entry = new ScopeCatalogue.Entry(scope.description(), scope.grantedAs(),
					scope.requestedAs());
			if (entries.put(name, entry) != null) {
				throw CheckedProperties.invalid(property + ".name", name, "An earlier entry has the same name.");
			}
		}
		return new ScopeCatalogue(entries, requestPrefix);
	}

	static <T> T checked(String property, Object value, Supplier<T> supplier) {
		try {
			return supplier.get();
		}
		catch (IllegalArgumentException ex) {
			throw CheckedProperties.invalid(property, value, StringUtils.capitalize(ex.getMessage()) + ".");
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

}
