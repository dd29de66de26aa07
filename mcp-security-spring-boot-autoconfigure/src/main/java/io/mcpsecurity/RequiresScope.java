package io.mcpsecurity;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares the OAuth scopes that a caller's access token must carry before a tool,
 * resource or prompt is used.
 * <p>
 * Stands on a method that is a tool ({@code @McpTool}, or {@code @Tool} offered through a
 * {@code ToolCallbackProvider}), a resource ({@code @McpResource}) or a prompt
 * ({@code @McpPrompt}), or on a class for all of those in it. It is found on the method
 * itself, on a method it overrides or implements, and through annotations that are
 * annotated with it. A rule on a method replaces the rule on its class. A nested class
 * does not inherit the rule of the class around it; a tool that looks as if it did stops
 * the start. Both lists given: all of {@link #value()} and one of {@link #anyOf()} are
 * needed.
 * <p>
 * An application does not start when this annotation stands where nothing asks it, so
 * that no method is open that looks closed.
 * <p>
 * A call without the scopes is answered with HTTP 403 and
 * {@code error="insufficient_scope"} (RFC 6750 section 3.1; MCP specification 2025-11-25,
 * Authorization, "Scope Challenge Handling") before the method runs.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ ElementType.METHOD, ElementType.TYPE })
public @interface RequiresScope {

	/**
	 * Scopes that are all needed, each a scope-token of RFC 6749 section 3.3.
	 */
	String[] value() default {};

	/**
	 * Scopes of which one is enough. Put the narrowest first: it is the one that a
	 * challenge asks for.
	 */
	String[] anyOf() default {};

	/**
	 * A condition over a tool's arguments, in Spring's expression language: the scopes
	 * are needed only for calls that it holds for. The arguments are variables
	 * ({@code #before == null}), converted as the method gets them, and {@code #caller}
	 * is the {@link McpCaller}. It may read properties and elements, compare and compute;
	 * it cannot call methods, name types or beans, create or change anything.
	 * <p>
	 * It is for tools only, and decided at the tool, where arguments are known: the HTTP
	 * gate lets every caller pass whom the condition may spare, and the tool is listed to
	 * all of them. A call whose condition cannot be evaluated is denied. A comparison of
	 * types that are never equal, like an enum constant with a text, stops the start.
	 */
	String when() default "";

}
