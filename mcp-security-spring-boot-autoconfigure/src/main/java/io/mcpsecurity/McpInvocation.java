package io.mcpsecurity;

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A use of a tool, resource or prompt, for rules that an application writes in Java:
 * every bean of type {@code AuthorizationManager<McpInvocation>} is called after the
 * scopes were checked, and each of them can deny the use.
 * <p>
 * They are called before the MCP server gets a call, again when the arguments of the call
 * are known, and for each entry of a listing.
 */
public interface McpInvocation {

	/**
	 * The caller with the claims of the token, or {@code null} if the request has no
	 * token.
	 */
	@Nullable McpCaller caller();

	/**
	 * The kind of the target.
	 */
	Kind kind();

	/**
	 * The name of the tool or prompt, or the URI of the resource. In listings of resource
	 * templates it is the URI template. A URI is as rules in configuration are compared
	 * with it, without percent-encoding except that of slashes, question marks, number
	 * signs, percent signs, backslashes and control characters, so that a resource has
	 * one name.
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
	 * listings. For a completion, this is the argument to complete.
	 */
	@Nullable Map<String, Object> arguments();

	/**
	 * The kinds of targets that a server offers.
	 */
	enum Kind {

		/** A tool. */
		TOOL,

		/** A resource, offered by its URI or by a template. */
		RESOURCE,

		/** A prompt. */
		PROMPT

	}

}
