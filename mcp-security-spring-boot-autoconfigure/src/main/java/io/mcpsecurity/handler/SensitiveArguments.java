package io.mcpsecurity.handler;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.mcpsecurity.Sensitive;
import io.mcpsecurity.audit.SensitiveNames;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;

import org.springframework.ai.mcp.annotation.McpArg;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.support.ToolUtils;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodParameter;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.AnnotatedMethod;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;
import org.springframework.util.StringUtils;

/**
 * The names that {@link Sensitive} declares for the arguments of each tool and prompt.
 * They are known before a tool or prompt is offered.
 */
public final class SensitiveArguments implements Function<McpTarget, Set<String>> {

	/** Packages whose types have no annotated members. */
	private static final List<String> OTHERS = List.of("java.", "javax.", "jdk.", "kotlin.", "reactor.",
			"tools.jackson.", "com.fasterxml.", "org.springframework.", "io.modelcontextprotocol.");

	private final Map<McpTarget, Set<String>> names = new ConcurrentHashMap<>();

	private final Set<Method> handlers = ConcurrentHashMap.newKeySet();

	/**
	 * The sensitive names in the arguments of a target, as
	 * {@link SensitiveNames#plain(String)} returns them.
	 */
	@Override
	public Set<String> apply(McpTarget target) {
		return this.names.getOrDefault(target, Set.of());
	}

	/**
	 * Add what the method behind the handler of a specification declares.
	 * @param handler the handler
	 * @param target what the specification offers
	 * @param completion whether it only completes arguments of the target
	 * @throws DeclarationException if an annotation has no effect
	 */
	void add(Object handler, McpTarget target, boolean completion) {
		for (HandlerMethod found : HandlerMethod.find(handler)) {
			if (completion) {
				requireNone(found.method(), "the method completes arguments of " + target);
			}
			else {
				add(found.method(), target);
				this.handlers.add(found.method());
			}
		}
	}

	/**
	 * Check the methods of all beans for annotations that are not on the method behind a
	 * known handler. A handler may be inside another one; its method is recognized by
	 * Spring AI's annotations.
	 * @param beans the application's beans, which are not created
	 * @throws DeclarationException if an annotation has no effect
	 */
	public void check(ConfigurableListableBeanFactory beans) {
		for (String name : beans.getBeanDefinitionNames()) {
			Class<?> type = AutoProxyUtils.determineTargetClass(beans, name);
			if (type != null && !type.getName().startsWith("org.springframework.")) {
				Stream
					.of(ReflectionUtils.getUniqueDeclaredMethods(ClassUtils.getUserClass(type),
							ReflectionUtils.USER_DECLARED_METHODS))
					.filter((method) -> !this.handlers.contains(method))
					.forEach(this::check);
			}
		}
	}

	private void check(Method method) {
		List<McpTarget> targets = AccessDeclarations.targets(method);
		if (method.isAnnotationPresent(Tool.class)) {
			targets.add(McpTarget.tool(ToolUtils.getToolName(method)));
		}
		targets.forEach((target) -> add(method, target));
		if (targets.isEmpty()) {
			requireNone(method, "the method is no tool or prompt");
		}
	}

	private void add(Method method, McpTarget target) {
		if (target.kind() == Kind.RESOURCE) {
			requireNone(method, "the arguments of a resource are parts of its URI, which is recorded as it is");
		}
		else {
			// A name can be offered by several servers, each with a method of its own.
			this.names.computeIfAbsent(target, (key) -> ConcurrentHashMap.newKeySet())
				.addAll(names(method, target.kind()));
		}
	}

	private static void requireNone(Method method, String reason) {
		if (Stream.of(method.getParameters()).anyMatch(SensitiveArguments::isSensitive)) {
			throw new DeclarationException(
					"@Sensitive on " + AccessDeclarations.describe(method) + " protects nothing: " + reason,
					"put it on an argument of a tool or prompt, or remove it");
		}
	}

	private static boolean isSensitive(AnnotatedElement element) {
		return element.isAnnotationPresent(Sensitive.class);
	}

	private static Set<String> names(Method method, Kind kind) {
		Set<String> names = new HashSet<>();
		// Annotations may be on a method that this one overrides or implements.
		MethodParameter[] annotated = new AnnotatedMethod(method).getMethodParameters();
		Parameter[] parameters = method.getParameters();
		for (int i = 0; i < parameters.length; i++) {
			if (annotated[i].hasParameterAnnotation(Sensitive.class)) {
				names.add(takesAll(parameters[i], kind) ? SensitiveNames.ALL
						: SensitiveNames.plain(name(parameters[i], kind)));
			}
			addMembers(ResolvableType.forMethodParameter(method, i), new HashSet<>(), names);
		}
		return names;
	}

	/** Whether a parameter takes all arguments at once. */
	private static boolean takesAll(Parameter parameter, Kind kind) {
		return (kind == Kind.TOOL) ? CallToolRequest.class.isAssignableFrom(parameter.getType())
				: GetPromptRequest.class.isAssignableFrom(parameter.getType())
						|| Map.class.isAssignableFrom(parameter.getType());
	}

	private static String name(Parameter parameter, Kind kind) {
		McpArg argument = parameter.getAnnotation(McpArg.class);
		return (kind == Kind.PROMPT && argument != null && StringUtils.hasText(argument.name())) ? argument.name()
				: parameter.getName();
	}

	/** Add the names of the sensitive members of a type, and of the types in it. */
	private static void addMembers(ResolvableType type, Set<Class<?>> seen, Set<String> names) {
		Stream.of(type.getGenerics()).forEach((generic) -> addMembers(generic, seen, names));
		if (type.isArray()) {
			addMembers(type.getComponentType(), seen, names);
		}
		Class<?> members = type.toClass();
		if (members.isPrimitive() || members.isArray() || members.isEnum()
				|| OTHERS.stream().anyMatch(members.getName()::startsWith) || !seen.add(members)) {
			return;
		}
		for (Constructor<?> constructor : members.getDeclaredConstructors()) {
			Stream.of(constructor.getParameters())
				.filter(SensitiveArguments::isSensitive)
				.forEach((parameter) -> addNames(parameter, parameter.getName(), names));
		}
		ReflectionUtils.doWithFields(members, (field) -> {
			if (isSensitive(field)) {
				addNames(field, field.getName(), names);
			}
			addMembers(ResolvableType.forField(field, members), seen, names);
		}, (field) -> !Modifier.isStatic(field.getModifiers()));
	}

	private static void addNames(AnnotatedElement member, String name, Set<String> names) {
		JsonProperty property = member.getAnnotation(JsonProperty.class);
		JsonAlias aliases = member.getAnnotation(JsonAlias.class);
		names.add(SensitiveNames.plain((property != null && !property.value().isEmpty()) ? property.value() : name));
		if (aliases != null) {
			Stream.of(aliases.value()).map(SensitiveNames::plain).forEach(names::add);
		}
	}

}
