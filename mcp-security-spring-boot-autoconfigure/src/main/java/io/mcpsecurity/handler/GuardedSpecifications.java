package io.mcpsecurity.handler;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.OfferedTargets.Hints;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpStatelessServerFeatures;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.CompleteReference;
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.PromptReference;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.ResourceReference;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.modelcontextprotocol.spec.McpSchema.ToolAnnotations;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.beans.BeanUtils;

/**
 * Adds the {@link InvocationGuard} to the handler of a specification: tools, resources,
 * templates, prompts and completions of all kinds of servers. The MCP SDK models each as
 * a record of what is offered and a function, and it is rebuilt as such. The target is
 * that of the specification, so it is certain which handler a request reaches.
 */
final class GuardedSpecifications {

	private final Supplier<InvocationGuard> guard;

	private final CallerArguments callerArguments;

	private final Supplier<OfferedTargets> offered;

	private final Supplier<RuleBook> rules;

	private final Supplier<ToolConditions> conditions;

	private final Supplier<SensitiveArguments> sensitive;

	private final InputValidation validation = new InputValidation();

	GuardedSpecifications(Supplier<InvocationGuard> guard, CallerArguments callerArguments,
			Supplier<OfferedTargets> offered, Supplier<RuleBook> rules, Supplier<ToolConditions> conditions,
			Supplier<SensitiveArguments> sensitive) {
		this.conditions = conditions;
		this.rules = rules;
		this.sensitive = sensitive;
		this.guard = guard;
		this.callerArguments = callerArguments;
		this.offered = offered;
	}

	/**
	 * The guarded form of a specification or list of specifications for an unknown
	 * server; any other object as it is.
	 */
	Object guard(Object bean) {
		return guard(bean, null);
	}

	/**
	 * The guarded form of a specification or list of specifications; any other object as
	 * it is.
	 * @param bean the object
	 * @param server its server, or {@code null} if it is unknown
	 */
	Object guard(Object bean, @Nullable Object server) {
		if (bean instanceof List<?> list && list.stream().anyMatch(GuardedSpecifications::isSpecification)) {
			return list.stream().map((spec) -> guardOne(spec, server)).toList();
		}
		return guardOne(bean, server);
	}

	static boolean isSpecification(@Nullable Object object) {
		return object instanceof Record && (object.getClass().getDeclaringClass() == McpServerFeatures.class
				|| object.getClass().getDeclaringClass() == McpStatelessServerFeatures.class);
	}

	private Object guardOne(Object spec, @Nullable Object server) {
		return isSpecification(spec) ? rebuild((Record) spec, server) : spec;
	}

	/** The guarded form of a server's specification, which may already be guarded. */
	Object guardHeld(Object spec, Object server) {
		return HandlerMethod.isGuarded(Specifications.handler((Record) spec)) ? spec : rebuild((Record) spec, server);
	}

	private Object rebuild(Record spec, @Nullable Object server) {
		Class<? extends Record> type = spec.getClass();
		RecordComponent[] components = type.getRecordComponents();
		Object offered = Specifications.offered(spec);
		BiFunction<Object, Object, Object> handler = Specifications.handler(spec);
		McpTarget target = target(offered);
		List<HandlerMethod> methods = HandlerMethod.find(handler);
		methods
			.forEach((method) -> AccessDeclarations.check(method, target, this.rules, this.conditions, server != null));
		this.sensitive.get().add(handler, target, offered instanceof CompleteReference);
		note(offered, server);
		List<String> callerNames = (offered instanceof Tool tool) ? this.callerArguments.of(tool.name()) : List.of();
		Object shown = callerNames.isEmpty() ? offered : CallerArguments.hide((Tool) offered, callerNames);
		boolean async = type.getSimpleName().startsWith("Async");
		return BeanUtils.instantiateClass(constructor(type, components), shown, guarded(target,
				methods.stream().map(HandlerMethod::method).toList(), shown, callerNames, handler, async));
	}

	private GuardedHandler guarded(McpTarget target, List<Method> methods, Object shown, List<String> callerNames,
			BiFunction<Object, Object, Object> handler, boolean async) {
		return (source, received) -> {
			Object request = withArguments(received);
			GuardedCall guarded = new GuardedCall(this.guard.get(), new HandlerCall(target, methods, request),
					Specifications.context(source));
			Function<@Nullable McpCaller, Object> call = (caller) -> {
				CallToolResult invalid = (shown instanceof Tool tool) ? this.validation.refusal(tool, request) : null;
				if (invalid != null) {
					return async ? Mono.just(invalid) : invalid;
				}
				return handler.apply(source, callerNames.isEmpty() ? request
						: CallerArguments.fill((CallToolRequest) request, callerNames, caller));
			};
			return async ? guarded.runAsync(call) : guarded.run(call);
		};
	}

	/**
	 * Arguments are optional, and a call without any is validated like one with an empty
	 * object, so handlers get that. With {@code null} those of Spring AI fail, and return
	 * the message of the exception to the client.
	 */
	private static Object withArguments(Object request) {
		return (request instanceof CallToolRequest call && call.arguments() == null)
				? new CallToolRequest(call.name(), Map.of(), call.meta()) : request;
	}

	/** Whether a server validates arguments. If not, they are validated here. */
	boolean check(Object server) {
		return this.validation.check(server);
	}

	/**
	 * Record that something is offered, except completions.
	 * @param offered what is offered
	 * @param server its server, or {@code null} if it is unknown
	 */
	void note(Object offered, @Nullable Object server) {
		if (!(offered instanceof CompleteReference)) {
			OfferedTargets targets = this.offered.get();
			targets.add((server != null) ? server : targets, target(offered), hints(offered));
		}
	}

	private static Hints hints(Object offered) {
		if (!(offered instanceof Tool tool)) {
			return Hints.DEFAULT;
		}
		ToolAnnotations hints = tool.annotations();
		return new Hints(hints != null && Boolean.TRUE.equals(hints.readOnlyHint()),
				hints == null || !Boolean.FALSE.equals(hints.destructiveHint()), ParameterHeaders.of(tool));
	}

	static McpTarget target(Object offered) {
		if (offered instanceof Tool tool) {
			return McpTarget.tool(tool.name());
		}
		if (offered instanceof Resource resource) {
			return McpTarget.resource(resource.uri());
		}
		if (offered instanceof ResourceTemplate template) {
			return McpTarget.resource(template.uriTemplate());
		}
		if (offered instanceof Prompt prompt) {
			return McpTarget.prompt(prompt.name());
		}
		if (offered instanceof PromptReference reference) {
			return McpTarget.prompt(reference.name());
		}
		if (offered instanceof ResourceReference reference) {
			return McpTarget.resource(reference.uri());
		}
		throw new IllegalStateException(
				"Cannot guard " + offered.getClass().getName() + ": this version of the MCP SDK is not supported");
	}

	private static Constructor<? extends Record> constructor(Class<? extends Record> type,
			RecordComponent[] components) {
		try {
			return type.getDeclaredConstructor(components[0].getType(), components[1].getType());
		}
		catch (NoSuchMethodException ex) {
			throw new IllegalStateException("Cannot rebuild " + type.getName(), ex);
		}
	}

}
