package io.mcpsecurity.message;

import java.util.Locale;
import java.util.Objects;

/**
 * The thing that a request wants to use.
 *
 * @param kind what it is
 * @param name a tool's or prompt's name, a resource's URI or URI template
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

	/**
	 * The kinds of things that a server offers.
	 */
	public enum Kind {

		/** Used by {@code tools/call}. */
		TOOL,

		/** Used by {@code resources/read} and its kin. */
		RESOURCE,

		/** Used by {@code prompts/get}. */
		PROMPT

	}

}
