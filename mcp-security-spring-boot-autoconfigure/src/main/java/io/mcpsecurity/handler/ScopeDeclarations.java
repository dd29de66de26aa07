package io.mcpsecurity.handler;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import org.jspecify.annotations.Nullable;

import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.annotation.AnnotationConfigurationException;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.security.core.annotation.SecurityAnnotationScanner;
import org.springframework.security.core.annotation.SecurityAnnotationScanners;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;
import org.springframework.util.StringUtils;

/**
 * Creates rules from every {@link RequiresScope} of an application. An annotation that is
 * not enforced, or is ambiguous, stops the start.
 */
public final class ScopeDeclarations {

	private final SecurityAnnotationScanner<RequiresScope> scanner = SecurityAnnotationScanners
		.requireUnique(RequiresScope.class);

	private final List<AccessRule> rules = new ArrayList<>();

	private final ToolConditions conditions = new ToolConditions();

	private final Set<Method> offered = new LinkedHashSet<>();

	private ScopeDeclarations() {
	}

	/**
	 * Find the declarations of annotations.
	 * @param beans the application's beans, of which only tool callbacks are created
	 * @throws IllegalStateException if an annotation would not be enforced
	 */
	public static ScopeDeclarations find(ConfigurableListableBeanFactory beans) {
		ScopeDeclarations declarations = new ScopeDeclarations();
		ToolMethod.find(beans)
			.values()
			.forEach((tool) -> declarations.add(tool.method(), tool.type(), McpTarget.tool(tool.name())));
		for (String name : beans.getBeanDefinitionNames()) {
			Class<?> type = AutoProxyUtils.determineTargetClass(beans, name);
			if (type != null && AnnotationUtils.isCandidateClass(type, RequiresScope.class)) {
				declarations.addAll(beans, name, ClassUtils.getUserClass(type));
			}
		}
		return declarations;
	}

	/** The rules; the source of each is the location of its annotation. */
	public List<AccessRule> rules() {
		return this.rules;
	}

	public ToolConditions conditions() {
		return this.conditions;
	}

	/**
	 * Check that every rule that objects declare is known. The class of a bean is not
	 * always known before it exists: a bean method may declare an interface.
	 * @param objects the objects in which Spring AI found tools, resources or prompts
	 * @param known the known rules
	 * @throws IllegalStateException if one is missing
	 */
	public static void check(Collection<?> objects, RuleBook known) {
		ScopeDeclarations declarations = new ScopeDeclarations();
		for (Object object : objects) {
			declarations.addTargets(ClassUtils.getUserClass(AopUtils.getTargetClass(object)));
		}
		declarations.requireKnown(known,
				"let the bean method declare the class as its return type instead of a supertype");
	}

	/**
	 * Check that the rule of a method which handles a specification is known: its object
	 * may not be a bean. Its condition becomes known.
	 * @param handler the method
	 * @param target the target of the specification
	 * @param known the known rules, looked up only if the method declares one
	 * @param conditions the conditions of all rules, looked up likewise
	 * @param late whether the specification is added to a server, which may already run:
	 * then its rule becomes known as well
	 * @throws IllegalStateException if it is missing
	 * @throws IllegalArgumentException if it contradicts a known rule
	 */
	static void check(HandlerMethod handler, McpTarget target, Supplier<RuleBook> known,
			Supplier<ToolConditions> conditions, boolean late) {
		ScopeDeclarations declarations = new ScopeDeclarations();
		declarations.add(handler.method(), handler.type(), target);
		if (!declarations.rules.isEmpty()) {
			if (late) {
				declarations.rules.forEach(known.get()::declare);
			}
			declarations.requireKnown(known.get(),
					"make its object a bean, or offer it through a ToolCallbackProvider bean");
			conditions.get().addAll(declarations.conditions);
		}
	}

	private void requireKnown(RuleBook known, String remedy) {
		for (AccessRule rule : this.rules) {
			if (!known.declares(rule)) {
				throw new DeclarationException(rule.source() + " was registered after the rules were built", remedy);
			}
		}
	}

	/**
	 * The targets of the annotated methods and callbacks of a bean.
	 * @param beans the application's beans
	 * @param bean the name of the bean
	 */
	public static Set<McpTarget> targets(ConfigurableListableBeanFactory beans, String bean) {
		Set<McpTarget> targets = new LinkedHashSet<>();
		Class<?> type = AutoProxyUtils.determineTargetClass(beans, bean);
		if (type != null) {
			for (Method method : ReflectionUtils.getUniqueDeclaredMethods(ClassUtils.getUserClass(type),
					ReflectionUtils.USER_DECLARED_METHODS)) {
				targets.addAll(targets(method));
			}
		}
		ToolMethod.names(beans, bean).forEach((name) -> targets.add(McpTarget.tool(name)));
		return targets;
	}

	private Method[] addTargets(Class<?> type) {
		Method[] methods = ReflectionUtils.getUniqueDeclaredMethods(type, ReflectionUtils.USER_DECLARED_METHODS);
		for (Method method : methods) {
			targets(method).forEach((target) -> add(method, type, target));
		}
		return methods;
	}

	private void addAll(ConfigurableListableBeanFactory beans, String bean, Class<?> type) {
		Method[] methods = addTargets(type);
		if (declared(type) && Stream.of(methods).noneMatch(this.offered::contains)) {
			throw unenforced(ClassUtils.getShortName(type), "none of its methods is");
		}
		for (Method method : methods) {
			if (declared(method) && !this.offered.contains(method)) {
				throw unenforced(describe(method), "the method is not");
			}
			if (annotation(method, type) != null) {
				refuseBehindProxy(beans, bean, method);
			}
		}
	}

	private static boolean declared(AnnotatedElement element) {
		return MergedAnnotations.from(element, SearchStrategy.TYPE_HIERARCHY).isPresent(RequiresScope.class);
	}

	private static DeclarationException unenforced(String place, String reason) {
		return new DeclarationException(
				"@RequiresScope on " + place + " protects nothing: " + reason
						+ " an MCP tool, resource or prompt of this server",
				"put it on a method that is one, or remove it");
	}

	private void add(Method method, Class<?> type, McpTarget target) {
		RequiresScope annotation = annotation(method, type);
		this.offered.add(method);
		if (annotation == null) {
			refuseEnclosing(method, type);
		}
		else {
			String when = StringUtils.hasText(annotation.when()) ? annotation.when() : null;
			AccessRule rule = new AccessRule(target, Access.SCOPES, requirement(annotation, method),
					"@RequiresScope on " + describe(method), when);
			this.rules.add(rule);
			addCondition(rule, method);
		}
	}

	/**
	 * An annotation on an enclosing class does not apply to the nested class, although it
	 * looks like that.
	 */
	private static void refuseEnclosing(Method method, Class<?> type) {
		for (Class<?> outer = type.getEnclosingClass(); outer != null; outer = outer.getEnclosingClass()) {
			if (declared(outer)) {
				throw new DeclarationException(
						"@RequiresScope on " + ClassUtils.getShortName(outer) + " does not protect " + describe(method)
								+ ", because a nested class does not inherit it",
						"put @RequiresScope on " + ClassUtils.getShortName(type)
								+ " as well, or move the nested class");
			}
		}
	}

	private void addCondition(AccessRule rule, Method method) {
		if (rule.when() == null) {
			return;
		}
		if (rule.target().kind() != Kind.TOOL) {
			throw new DeclarationException(rule.source() + ": 'when' is for tools only", "remove the condition");
		}
		try {
			this.conditions.add(rule.target(), method, ToolCondition.of(rule.when(), method));
		}
		catch (IllegalArgumentException ex) {
			throw new DeclarationException(rule.source() + ": when = \"" + rule.when() + "\" " + ex.getMessage(),
					"correct the expression");
		}
	}

	/**
	 * The annotation of a method, or else of the class that it is called on. (The scanner
	 * looks at the class that declares the method, which may be a superclass.)
	 */
	private @Nullable RequiresScope annotation(Method method, Class<?> type) {
		if (method.getDeclaringClass() == type || declared(method)) {
			return this.scanner.scan(method, type);
		}
		MergedAnnotation<RequiresScope> direct = MergedAnnotations.from(type).get(RequiresScope.class);
		if (direct.isPresent()) {
			return direct.synthesize();
		}
		List<RequiresScope> inherited = MergedAnnotations.from(type, SearchStrategy.TYPE_HIERARCHY)
			.stream(RequiresScope.class)
			.map(MergedAnnotation::synthesize)
			.distinct()
			.toList();
		if (inherited.size() > 1) {
			throw new AnnotationConfigurationException("Please ensure there is one unique annotation of type "
					+ "@RequiresScope attributed to " + ClassUtils.getShortName(type) + ", found " + inherited);
		}
		return inherited.isEmpty() ? null : inherited.get(0);
	}

	/**
	 * The targets of a method, by the same annotations and names as Spring AI registers
	 * it. There can be several.
	 */
	static List<McpTarget> targets(Method method) {
		List<McpTarget> targets = new ArrayList<>();
		McpTool tool = method.getAnnotation(McpTool.class);
		if (tool != null) {
			targets.add(McpTarget.tool(StringUtils.hasText(tool.name()) ? tool.name() : method.getName()));
		}
		McpPrompt prompt = method.getAnnotation(McpPrompt.class);
		if (prompt != null) {
			targets.add(McpTarget.prompt(prompt.name().isEmpty() ? method.getName() : prompt.name()));
		}
		McpResource resource = method.getAnnotation(McpResource.class);
		if (resource != null) {
			targets.add(McpTarget.resource(resource.uri()));
		}
		return targets;
	}

	private static ScopeRequirement requirement(RequiresScope annotation, Method method) {
		try {
			ScopeRequirement requirement = new ScopeRequirement(List.of(annotation.value()),
					List.of(annotation.anyOf()));
			if (requirement.equals(ScopeRequirement.NONE)) {
				throw new IllegalArgumentException("no scope is given");
			}
			return requirement;
		}
		catch (IllegalArgumentException ex) {
			throw new DeclarationException("@RequiresScope on " + describe(method) + ": " + ex.getMessage(),
					"give it scopes that RFC 6749 allows");
		}
	}

	/**
	 * A CGLIB proxy does not pass on calls of private and final methods: they would run
	 * on the proxy object itself, without any advice.
	 */
	private static void refuseBehindProxy(ConfigurableListableBeanFactory beans, String bean, Method method) {
		boolean unreachable = Modifier.isPrivate(method.getModifiers()) || Modifier.isFinal(method.getModifiers());
		if (unreachable && beans.isSingleton(bean) && AopUtils.isAopProxy(beans.getBean(bean))) {
			throw new DeclarationException(
					"@RequiresScope on " + describe(method)
							+ " stands on a private or final method of a proxied bean, which a proxy cannot reach",
					"make the method neither private nor final");
		}
	}

	/** The class and name of a method, for messages. */
	public static String describe(Method method) {
		return ClassUtils.getShortName(method.getDeclaringClass()) + "." + method.getName();
	}

}
