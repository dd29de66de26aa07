package io.mcpsecurity.message;

import java.util.Locale;
import java.util.Objects;

/**
 * The target of a request.
 *
 * @param kind the kind of the target
 * @param name the name of a tool or prompt, or the URI or URI template of a resource
 */
public record McpTarget(Kind kind, String name) {

	public McpTarget {
		Objects.requireNonNull(kind, "kind");
		Objects.requireNonNull(name, "name");
	}

	public static McpTarget tool(String name) {
		return new McpTarget(Kind.TOOL, name);
	}

	public static McpTarget resource(String uri) {
		return new McpTarget(Kind.RESOURCE, uri);
	}

	public static McpTarget prompt(String name) {
		return new McpTarget(Kind.PROMPT, name);
	}

	@Override
	public String toString() {
		return this.kind.name().toLowerCase(Locale.ROOT) + " '" + this.name + "'";
	}

	/** The kinds of targets that a server offers. */
	public enum Kind {

		/** Used by {@code tools/call}. */
		TOOL,

		/** Used by {@code resources/read} and related methods. */
		RESOURCE,

		/** Used by {@code prompts/get}. */
		PROMPT

	}

}
