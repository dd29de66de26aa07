package io.mcpsecurity;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares that audit events must not show an argument that clients send: they contain
 * {@code "***"} in place of the value, including nested values.
 * <p>
 * It is placed on a parameter of a tool's method ({@code @McpTool}, {@code @Tool}) or a
 * prompt's ({@code @McpPrompt}); or, in the type of such a parameter or a type that it
 * contains, on a record component, a field, or a parameter of a constructor. It works by
 * name: in the arguments of that tool or prompt all members with the name of the
 * parameter or field ({@code @JsonProperty} and {@code @JsonAlias} are honoured) are
 * masked, at any depth. On a parameter that takes all arguments at once
 * ({@code CallToolRequest}) it masks all of them.
 * <p>
 * Subtypes of declared types and the input types of functions are not searched: use
 * {@code mcp-security.audit.sensitive-names} for these.
 * <p>
 * An application does not start when this annotation is on a parameter of a resource, of
 * a completion, or of a bean's method that is neither a tool nor a prompt.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ ElementType.PARAMETER, ElementType.FIELD, ElementType.RECORD_COMPONENT })
public @interface Sensitive {

}
