package io.mcpsecurity.handler;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a tool that clients repeat in HTTP headers: those with {@code
 * x-mcp-header} in the tool's input schema (MCP 2026-07-28, Streamable HTTP, Custom
 * Headers from Tool Parameters).
 */
final class ParameterHeaders {

	private static final String DECLARATION = "x-mcp-header";

	/** A token of RFC 9110 section 5.6.2. */
	private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

	private static final Set<String> TYPES = Set.of("string", "integer", "boolean", "null");

	private ParameterHeaders() {
	}

	/**
	 * The headers of a tool, each with the path to its argument.
	 * @throws IllegalStateException if a declaration is invalid, and would not be
	 * enforced
	 */
	static Map<String, List<String>> of(Tool tool) {
		Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		if (tool.inputSchema() != null) {
			find(tool, tool.inputSchema(), List.of(), headers);
		}
		return headers;
	}

	private static void find(Tool tool, Map<?, ?> schema, List<String> path, Map<String, List<String>> headers) {
		if (!(schema.get("properties") instanceof Map<?, ?> properties)) {
			return;
		}
		properties.forEach((name, property) -> {
			if (property instanceof Map<?, ?> parameter) {
				List<String> here = new ArrayList<>(path);
				here.add(String.valueOf(name));
				if (parameter.containsKey(DECLARATION)) {
					add(tool, parameter, here, headers);
				}
				find(tool, parameter, here, headers);
			}
		});
	}

	private static void add(Tool tool, Map<?, ?> parameter, List<String> path, Map<String, List<String>> headers) {
		Object header = parameter.get(DECLARATION);
		if (!(header instanceof String name) || !TOKEN.matcher(name).matches()) {
			throw invalid(tool, path, "is not the name of a header");
		}
		if (!isPrimitive(parameter.get("type"))) {
			throw invalid(tool, path, "is for strings, integers and booleans only");
		}
		if (headers.put(name.toLowerCase(Locale.ROOT), List.copyOf(path)) != null) {
			throw invalid(tool, path, "is that of another parameter too");
		}
	}

	private static boolean isPrimitive(@Nullable Object type) {
		return (type instanceof Collection<?> types) ? !types.isEmpty() && TYPES.containsAll(types)
				: type instanceof String && TYPES.contains(type);
	}

	private static IllegalStateException invalid(Tool tool, List<String> path, String reason) {
		return new IllegalStateException("Tool '" + tool.name() + "': " + DECLARATION + " of the parameter '"
				+ String.join(".", path) + "' " + reason);
	}

}
