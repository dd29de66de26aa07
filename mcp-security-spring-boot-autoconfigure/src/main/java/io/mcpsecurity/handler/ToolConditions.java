package io.mcpsecurity.handler;

import java.lang.reflect.Method;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The conditions on tools' arguments that the code declares. They determine whether a
 * rule applies to a call.
 */
final class ToolConditions {

	private static final Log logger = LogFactory.getLog(ToolConditions.class);

	private final Map<McpTarget, Map<Method, ToolCondition>> conditions = new ConcurrentHashMap<>();

	ToolConditions() {
	}

	void add(McpTarget tool, Method method, ToolCondition condition) {
		this.conditions.computeIfAbsent(tool, (key) -> new ConcurrentHashMap<>()).put(method, condition);
	}

	void addAll(ToolConditions others) {
		others.conditions.forEach((tool, known) -> known.forEach((method, condition) -> add(tool, method, condition)));
	}

	/** Whether some calls of a tool need more scopes than others. */
	boolean has(McpTarget tool) {
		return this.conditions.containsKey(tool);
	}

	/**
	 * Whether a rule's condition holds for a call; throws an exception if it cannot be
	 * evaluated.
	 * @param call the handler and its request
	 * @param caller the caller, or {@code null}
	 */
	Predicate<AccessRule> in(HandlerCall call, @Nullable McpCaller caller) {
		return (rule) -> {
			if (!(call.request() instanceof CallToolRequest request)) {
				throw new IllegalStateException("Not a call of a tool");
			}
			Collection<ToolCondition> conditions = of(rule.target(), call.methods());
			if (conditions.isEmpty()) {
				throw new IllegalStateException("No condition is known for " + rule.target());
			}
			Map<String, Object> arguments = (request.arguments() != null) ? request.arguments() : Map.of();
			try {
				return conditions.stream().anyMatch((condition) -> condition.holds(arguments, caller));
			}
			catch (RuntimeException ex) {
				// Without its message, which can repeat arguments.
				logger.warn("%s: when = \"%s\" cannot be evaluated, the call is denied (%s)".formatted(rule.source(),
						rule.when(), ex.getClass().getName()));
				throw ex;
			}
		};
	}

	/**
	 * The conditions of the method behind a handler: endpoints may have methods of the
	 * same name with parameters of different types. If the method is unknown, one of all
	 * conditions for the name is sufficient.
	 */
	private Collection<ToolCondition> of(McpTarget tool, List<Method> methods) {
		Map<Method, ToolCondition> known = this.conditions.getOrDefault(tool, Map.of());
		List<ToolCondition> own = methods.stream().map(known::get).filter(Objects::nonNull).toList();
		return own.isEmpty() ? known.values() : own;
	}

}
