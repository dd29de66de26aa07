package io.mcpsecurity.handler;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.mcpsecurity.RequiresAuthentication;
import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.AuthenticationRequirement;
import io.mcpsecurity.authorization.AuthenticationRule;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;

import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.format.annotation.DurationFormat;
import org.springframework.format.datetime.standard.DurationFormatterUtils;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;
import org.springframework.util.StringUtils;

/**
 * Creates rules from every {@link RequiresScope} and {@link RequiresAuthentication} of an
 * application. An annotation that is not enforced, or is ambiguous, stops the start.
 */
public final class AccessDeclarations {

	private static final DeclaredAnnotation<RequiresScope> SCOPE = new DeclaredAnnotation<>(RequiresScope.class);

	private static final DeclaredAnnotation<RequiresAuthentication> AUTHENTICATION = new DeclaredAnnotation<>(
			RequiresAuthentication.class);

	private static final List<DeclaredAnnotation<?>> ALL = List.of(SCOPE, AUTHENTICATION);

	private final List<AccessRule> rules = new ArrayList<>();

	private final List<AuthenticationRule> authentications = new ArrayList<>();

	private final ToolConditions conditions = new ToolConditions();

	private final Set<Method> offered = new LinkedHashSet<>();

	private AccessDeclarations() {
	}

	/**
	 * Find the declarations of annotations.
	 * @param beans the application's beans, of which only tool callbacks are created
	 * @throws IllegalStateException if an annotation would not be enforced
	 */
	public static AccessDeclarations find(ConfigurableListableBeanFactory beans) {
		AccessDeclarations declarations = new AccessDeclarations();
		ToolMethod.find(beans)
			.values()
			.forEach((tool) -> declarations.add(tool.method(), tool.type(), McpTarget.tool(tool.name())));
		for (String name : beans.getBeanDefinitionNames()) {
			Class<?> type = AutoProxyUtils.determineTargetClass(beans, name);
			if (type != null && ALL.stream().anyMatch((annotation) -> annotation.canBeIn(type))) {
				declarations.addAll(beans, name, ClassUtils.getUserClass(type));
			}
		}
		return declarations;
	}

	/** The rules; the source of each is the location of its annotation. */
	public List<AccessRule> rules() {
		return this.rules;
	}

	/**
	 * The required authentications; the source of each is the location of its annotation.
	 */
	public List<AuthenticationRule> authentications() {
		return this.authentications;
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
		AccessDeclarations declarations = new AccessDeclarations();
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
		AccessDeclarations declarations = new AccessDeclarations();
		declarations.add(handler.method(), handler.type(), target);
		if (!declarations.rules.isEmpty() || !declarations.authentications.isEmpty()) {
			if (late) {
				declarations.rules.forEach(known.get()::declare);
				declarations.authentications.forEach(known.get()::declare);
			}
			declarations.requireKnown(known.get(),
					"make its object a bean, or offer it through a ToolCallbackProvider bean");
			conditions.get().addAll(declarations.conditions);
		}
	}

	private void requireKnown(RuleBook known, String remedy) {
		Stream.concat(this.rules.stream().filter((rule) -> !known.declares(rule)).map(AccessRule::source),
				this.authentications.stream().filter((rule) -> !known.declares(rule)).map(AuthenticationRule::source))
			.findFirst()
			.ifPresent((source) -> {
				throw new DeclarationException(source + " was registered after the rules were built", remedy);
			});
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
		for (DeclaredAnnotation<?> annotation : ALL) {
			if (annotation.isOn(type) && Stream.of(methods).noneMatch(this.offered::contains)) {
				throw unenforced(annotation, ClassUtils.getShortName(type), "none of its methods is");
			}
			for (Method method : methods) {
				if (annotation.isOn(method) && !this.offered.contains(method)) {
					throw unenforced(annotation, describe(method), "the method is not");
				}
				if (this.offered.contains(method) && annotation.of(method, type) != null) {
					refuseBehindProxy(annotation, beans, bean, method);
				}
			}
		}
	}

	private static DeclarationException unenforced(DeclaredAnnotation<?> annotation, String place, String reason) {
		return new DeclarationException(
				annotation.name() + " on " + place + " protects nothing: " + reason
						+ " an MCP tool, resource or prompt of this server",
				"put it on a method that is one, or remove it");
	}

	private void add(Method method, Class<?> type, McpTarget target) {
		this.offered.add(method);
		RequiresScope scope = SCOPE.of(method, type);
		if (scope != null) {
			String when = StringUtils.hasText(scope.when()) ? scope.when() : null;
			AccessRule rule = new AccessRule(target, Access.SCOPES, requirement(scope, method),
					SCOPE.name() + " on " + describe(method), when);
			this.rules.add(rule);
			addCondition(rule, method);
		}
		RequiresAuthentication authentication = AUTHENTICATION.of(method, type);
		if (authentication != null) {
			this.authentications.add(new AuthenticationRule(target, requirement(authentication, method),
					AUTHENTICATION.name() + " on " + describe(method)));
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

	private static AuthenticationRequirement requirement(RequiresAuthentication annotation, Method method) {
		try {
			Duration maxAge = StringUtils.hasText(annotation.maxAge())
					? DurationFormatterUtils.detectAndParse(annotation.maxAge(), DurationFormat.Unit.SECONDS) : null;
			AuthenticationRequirement requirement = new AuthenticationRequirement(List.of(annotation.acr()), maxAge);
			if (requirement.equals(AuthenticationRequirement.NONE)) {
				throw new IllegalArgumentException("neither acr nor maxAge is given");
			}
			return requirement;
		}
		catch (IllegalArgumentException ex) {
			throw new DeclarationException(AUTHENTICATION.name() + " on " + describe(method) + ": " + ex.getMessage(),
					"set acr to values that RFC 9470 allows, or maxAge to a duration such as 5m");
		}
	}

	/**
	 * A CGLIB proxy does not pass on calls of private and final methods: they would run
	 * on the proxy object itself, without any advice.
	 */
	private static void refuseBehindProxy(DeclaredAnnotation<?> annotation, ConfigurableListableBeanFactory beans,
			String bean, Method method) {
		boolean unreachable = Modifier.isPrivate(method.getModifiers()) || Modifier.isFinal(method.getModifiers());
		if (unreachable && beans.isSingleton(bean) && AopUtils.isAopProxy(beans.getBean(bean))) {
			throw new DeclarationException(
					annotation.name() + " on " + describe(method)
							+ " stands on a private or final method of a proxied bean, which a proxy cannot reach",
					"make the method neither private nor final");
		}
	}

	/** The class and name of a method, for messages. */
	public static String describe(Method method) {
		return ClassUtils.getShortName(method.getDeclaringClass()) + "." + method.getName();
	}

}
