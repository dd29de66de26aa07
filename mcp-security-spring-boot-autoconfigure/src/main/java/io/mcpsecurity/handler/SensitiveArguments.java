package io.mcpsecurity.handler;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.Sensitive;
import io.mcpsecurity.audit.SensitiveParts;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;

import org.springframework.ai.mcp.annotation.McpArg;
import org.springframework.ai.mcp.annotation.McpProgressToken;
import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodParameter;
import org.springframework.core.annotation.AnnotatedMethod;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;
import org.springframework.util.StringUtils;

/**
 * What {@link Sensitive} declares about the arguments of tools and prompts. Known of each
 * before it is offered, also when that happens at run time.
 */
public final class SensitiveArguments implements Function<McpTarget, SensitiveParts> {

	/** Where the arguments of completions are, see {@link McpMessage#arguments()}. */
	private static final Set<String> COMPLETIONS = Set.of("argument", "context");

	private final Map<McpTarget, SensitiveParts> parts = new ConcurrentHashMap<>();

	private final Set<Method> known = ConcurrentHashMap.newKeySet();

	/**
	 * The sensitive parts of the arguments of a target.
	 */
	@Override
	public SensitiveParts apply(McpTarget target) {
		return this.parts.getOrDefault(target, SensitiveParts.NONE);
	}

	/**
	 * Look at what is behind the handler of a specification.
	 * @param handler the handler
	 * @param target what the specification offers
	 * @param completion whether it completes arguments of the target instead of serving
	 * it
	 * @throws SensitiveDeclarationException if an annotation stands where it has no
	 * effect
	 */
	void add(Object handler, McpTarget target, boolean completion) {
		HandlerMethod.find(handler).forEach((method) -> {
			if (completion) {
				requireNone(method.method(), "the method completes arguments of " + target);
			}
			else {
				add(method.method(), target);
			}
		});
		HandlerMethod.inputTypes(handler).forEach((type) -> add(target, new SensitiveTypes().of(type)));
	}

	private void add(Method method, McpTarget target) {
		if (target.kind() == Kind.RESOURCE) {
			requireNone(method, "the arguments of a resource are parts of its URI, which is recorded as it is");
		}
		else {
			add(target, of(method, target.kind()));
		}
		this.known.add(method);
	}

	private void add(McpTarget target, SensitiveParts found) {
		if (found.hidesWithin()) {
			// A name can be offered by several servers, each with a method of its own.
			this.parts.merge(target, found, SensitiveParts::or);
		}
	}

	/**
	 * Look at the methods of all beans for annotations that no handler has shown.
	 * @param beans the application's beans; only their classes are looked at
	 * @throws SensitiveDeclarationException if one stands on a method that is neither a
	 * tool nor a prompt
	 */
	public void check(ConfigurableListableBeanFactory beans) {
		for (String name : beans.getBeanDefinitionNames()) {
			Class<?> type = AutoProxyUtils.determineTargetClass(beans, name);
			if (type != null && !type.getName().startsWith("org.springframework.")) {
				Stream
					.of(ReflectionUtils.getUniqueDeclaredMethods(ClassUtils.getUserClass(type),
							ReflectionUtils.USER_DECLARED_METHODS))
					.filter((method) -> !this.known.contains(method))
					.forEach(this::check);
			}
		}
	}

	/**
	 * A method that no handler has shown can still be behind one that somebody else has
	 * wrapped.
	 */
	private void check(Method method) {
		List<McpTarget> targets = targets(method);
		targets.forEach((target) -> add(target, of(method, target.kind())));
		if (targets.isEmpty() && isDeclared(method)) {
			requireNone(method, "the method is no tool or prompt");
		}
	}

	private static List<McpTarget> targets(Method method) {
		List<McpTarget> targets = new ArrayList<>();
		McpTool mcpTool = method.getAnnotation(McpTool.class);
		if (mcpTool != null) {
			targets.add(McpTarget.tool(StringUtils.hasText(mcpTool.name()) ? mcpTool.name() : method.getName()));
		}
		Tool tool = method.getAnnotation(Tool.class);
		if (tool != null) {
			targets.add(McpTarget.tool(StringUtils.hasText(tool.name()) ? tool.name() : method.getName()));
		}
		McpPrompt prompt = method.getAnnotation(McpPrompt.class);
		if (prompt != null) {
			targets.add(McpTarget.prompt(prompt.name().isEmpty() ? method.getName() : prompt.name()));
		}
		return targets;
	}

	private static boolean isDeclared(Method method) {
		if (method.isAnnotationPresent(Sensitive.class)) {
			return true;
		}
		for (Annotation[] annotations : method.getParameterAnnotations()) {
			if (Stream.of(annotations).anyMatch(Sensitive.class::isInstance)) {
				return true;
			}
		}
		return false;
	}

	private static void requireNone(Method method, String reason) {
		AnnotatedMethod annotated = new AnnotatedMethod(method);
		boolean declared = annotated.hasMethodAnnotation(Sensitive.class) || Stream.of(annotated.getMethodParameters())
			.anyMatch((parameter) -> parameter.hasParameterAnnotation(Sensitive.class));
		if (declared) {
			throw unused(method, reason);
		}
	}

	private static SensitiveDeclarationException unused(Method method, String reason) {
		return new SensitiveDeclarationException("@Sensitive on " + ClassUtils.getShortName(method.getDeclaringClass())
				+ "." + method.getName() + " protects nothing: " + reason,
				"put it on an argument of a tool or prompt, or remove it");
	}

	/**
	 * The sensitive parts of the arguments of a method. The annotations may stand on a
	 * method that it overrides or implements.
	 */
	private static SensitiveParts of(Method method, Kind kind) {
		AnnotatedMethod annotated = new AnnotatedMethod(method);
		if (annotated.hasMethodAnnotation(Sensitive.class)) {
			return SensitiveParts.ALL;
		}
		SensitiveTypes types = new SensitiveTypes();
		SensitiveType arguments = types.object();
		Parameter[] parameters = method.getParameters();
		MethodParameter[] annotatedParameters = annotated.getMethodParameters();
		for (int i = 0; i < parameters.length; i++) {
			boolean sensitive = annotatedParameters[i].hasParameterAnnotation(Sensitive.class);
			if (isWhole(parameters[i], kind)) {
				if (sensitive) {
					return SensitiveParts.ALL;
				}
			}
			else if (isArgument(parameters[i])) {
				Type type = parameters[i].getParameterizedType();
				arguments.addMember(name(parameters[i], kind), sensitive ? SensitiveParts.ALL : types.of(type));
			}
			else if (sensitive) {
				throw unused(method, "the parameter '" + parameters[i].getName() + "' is no argument of clients");
			}
		}
		arguments.complete();
		return (kind == Kind.PROMPT) ? withCompletions(arguments) : arguments;
	}

	/**
	 * Whether a parameter takes all arguments at once.
	 */
	private static boolean isWhole(Parameter parameter, Kind kind) {
		return (kind == Kind.TOOL) ? CallToolRequest.class.isAssignableFrom(parameter.getType())
				: GetPromptRequest.class.isAssignableFrom(parameter.getType())
						|| Map.class.isAssignableFrom(parameter.getType());
	}

	private static boolean isArgument(Parameter parameter) {
		String type = parameter.getType().getName();
		return !type.startsWith("io.modelcontextprotocol.") && !type.startsWith("org.springframework.ai.")
				&& parameter.getType() != McpCaller.class && !parameter.isAnnotationPresent(McpProgressToken.class);
	}

	private static String name(Parameter parameter, Kind kind) {
		McpArg argument = parameter.getAnnotation(McpArg.class);
		return (kind == Kind.PROMPT && argument != null && StringUtils.hasText(argument.name())) ? argument.name()
				: parameter.getName();
	}

	/**
	 * The arguments of a prompt, and those of its completions, which are one level
	 * deeper.
	 */
	private static SensitiveParts withCompletions(SensitiveParts arguments) {
		return new SensitiveParts() {

			@Override
			public boolean hidden() {
				return arguments.hidden();
			}

			@Override
			public boolean hidesWithin() {
				return arguments.hidesWithin();
			}

			@Override
			public SensitiveParts member(String name) {
				SensitiveParts member = arguments.member(name);
				return COMPLETIONS.contains(name) ? member.or(arguments) : member;
			}

			@Override
			public SensitiveParts element() {
				return arguments.element();
			}

		};
	}

}
