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
 * Use it on a method that is a tool ({@code @McpTool}, or {@code @Tool} offered through a
 * {@code ToolCallbackProvider}), a resource ({@code @McpResource}) or a prompt
 * ({@code @McpPrompt}), or on a class for all such methods in it. It is found on the
 * method itself, on a method it overrides or implements, and through annotations that are
 * annotated with it. A rule on a method replaces the rule on its class. A nested class
 * does not inherit the rule of its enclosing class; the application does not start if a
 * tool appears to rely on that. If both lists are set, all of {@link #value()} and one of
 * {@link #anyOf()} are required.
 * <p>
 * The application does not start if this annotation is in a place where it is not
 * enforced.
 * <p>
 * The response to a call without the scopes is HTTP 403 with
 * {@code error="insufficient_scope"} (RFC 6750 section 3.1; MCP specification 2025-11-25,
 * Authorization, "Scope Challenge Handling") before the method runs.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ ElementType.METHOD, ElementType.TYPE })
public @interface RequiresScope {

	/**
	 * Scopes that are all required, each a scope-token of RFC 6749 section 3.3.
	 */
	String[] value() default {};

	/**
	 * Scopes of which one is sufficient. Put the narrowest first, because a challenge
	 * requests that one.
	 */
	String[] anyOf() default {};

	/**
	 * A condition on a tool's arguments, in Spring's expression language. The scopes are
	 * required only for calls for which it is true. The arguments are variables
	 * ({@code #before == null}), converted to the types of the method's parameters, and
	 * {@code #caller} is the {@link McpCaller}. The condition can read properties and
	 * elements, compare and compute. It cannot call methods, refer to types or beans, or
	 * create or change objects.
	 * <p>
	 * Conditions are supported for tools only. They are evaluated at the tool, where the
	 * arguments are known. Before that, the scopes are not required: the HTTP gate does
	 * not check them, and the tool is listed without them. A call is denied if its
	 * condition cannot be evaluated. The application does not start if a condition
	 * compares types that are never equal, like an enum constant with a text.
	 */
	String when() default "";

}
