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
 * Passes the caller to the {@link McpCaller} parameters of {@code @Tool} methods. Spring
 * AI takes such a parameter for an argument, so it is removed from the schema that
 * clients see, and a value that a client sends is overwritten.
 * <p>
 * ({@code @McpTool} methods do not need this, see {@link McpCaller}.)
 */
record CallerArguments(Supplier<Map<String, ToolMethod>> toolMethods) {

	/** The names of a tool's arguments that are the caller. */
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
