package io.mcpsecurity.handler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import io.mcpsecurity.McpCaller;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.jspecify.annotations.Nullable;

/**
 * Gives {@code @Tool} methods the caller for their {@link McpCaller} parameters. Spring
 * AI takes such a parameter for one that the model fills in: so it is taken out of the
 * schema that clients see, and whatever a client sends for it is overwritten.
 * <p>
 * ({@code @McpTool} methods need nothing of this, see {@link McpCaller}.)
 */
final class CallerArguments {

	private final Supplier<Map<String, ToolMethod>> toolMethods;

	CallerArguments(Supplier<Map<String, ToolMethod>> toolMethods) {
		this.toolMethods = toolMethods;
	}

	/**
	 * The names of a tool's arguments that are the caller.
	 */
	List<String> of(String tool) {
		ToolMethod method = this.toolMethods.get().get(tool);
		return (method != null) ? method.callerParameters() : List.of();
	}

	static Tool hide(Tool tool, List<String> names) {
		Map<String, Object> schema = new HashMap<>(tool.inputSchema());
		if (schema.get("properties") instanceof Map<?, ?> properties) {
			Map<Object, @Nullable Object> kept = new HashMap<>(properties);
			names.forEach(kept::remove);
			schema.put("properties", kept);
		}
		if (schema.get("required") instanceof List<?> required) {
			List<Object> kept = new ArrayList<>(required);
			kept.removeAll(names);
			schema.put("required", kept);
		}
		return new Tool(tool.name(), tool.title(), tool.description(), schema, tool.outputSchema(), tool.annotations(),
				tool.meta(), tool.icons());
	}

	static CallToolRequest fill(CallToolRequest request, List<String> names, @Nullable McpCaller caller) {
		Map<String, @Nullable Object> arguments = new HashMap<>();
		if (request.arguments() != null) {
			arguments.putAll(request.arguments());
		}
		names.forEach((name) -> arguments.put(name, caller));
		return new CallToolRequest(request.name(), arguments, request.meta());
	}

}
