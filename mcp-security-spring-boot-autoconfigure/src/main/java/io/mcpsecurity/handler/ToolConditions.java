package io.mcpsecurity.handler;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The conditions over tools' arguments that the code declares. They tell whether a rule
 * is for a call; the policy decides what follows from that.
 */
public final class ToolConditions {

	private static final Log logger = LogFactory.getLog(ToolConditions.class);

	private final Map<McpTarget, ToolCondition> conditions = new HashMap<>();

	ToolConditions() {
	}

	void add(McpTarget tool, ToolCondition condition) {
		this.conditions.put(tool, condition);
	}

	/**
	 * Whether a rule's condition holds for a call. The answer is an exception when that
	 * cannot be told.
	 * @param request what a handler is to be called with
	 * @param caller the caller, or {@code null}
	 */
	Predicate<AccessRule> in(Object request, @Nullable McpCaller caller) {
		return (rule) -> {
			if (!(request instanceof CallToolRequest call)) {
				throw new IllegalStateException("Not a call of a tool");
			}
			ToolCondition condition = this.conditions.get(rule.target());
			if (condition == null) {
				throw new IllegalStateException("No condition is known for " + rule.target());
			}
			try {
				return condition.holds((call.arguments() != null) ? call.arguments() : Map.of(), caller);
			}
			catch (RuntimeException ex) {
				// Without its message, which can repeat arguments.
				logger.warn("%s: when = \"%s\" cannot be evaluated, the call is denied (%s)".formatted(rule.source(),
						rule.when(), ex.getClass().getName()));
				throw ex;
			}
		};
	}

}
