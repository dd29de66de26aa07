package io.mcpsecurity;

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A use of a tool, resource or prompt, for rules that an application writes in Java:
 * every bean of type {@code AuthorizationManager<McpInvocation>} is asked after the
 * scopes, and each of them can deny.
 * <p>
 * They are asked three times: before the MCP server gets a call, again when its arguments
 * are known, and for each entry of a listing.
 */
public interface McpInvocation {

	/**
	 * The caller, whose claims tell more, or {@code null} where no token is needed.
	 */
	@Nullable McpCaller caller();

	/**
	 * What kind of thing is to be used.
	 */
	Kind kind();

	/**
	 * The name of the tool or prompt, or the URI of the resource. In listings of resource
	 * templates it is the URI template.
	 */
	String name();

	/**
	 * The method of the request, for example {@code tools/call}, {@code resources/read},
	 * {@code completion/complete}, or {@code tools/list} in a listing.
	 */
	String method();

	/**
	 * The name of the MCP endpoint below {@code mcp-security.endpoints}, or {@code null}
	 * for the one that Spring AI configures.
	 */
	@Nullable String endpoint();

	/**
	 * The arguments as the client sent them, or {@code null} before they are known and in
	 * listings. Of a completion it is the argument to complete.
	 */
	@Nullable Map<String, Object> arguments();

	/**
	 * The kinds of things that a server offers.
	 */
	enum Kind {

		/** A tool. */
		TOOL,

		/** A resource, be it offered as such or by a template. */
		RESOURCE,

		/** A prompt. */
		PROMPT

	}

}
