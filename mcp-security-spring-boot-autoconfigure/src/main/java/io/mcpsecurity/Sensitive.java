package io.mcpsecurity;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares that the audit trail must not tell a value that clients send, neither as it is
 * nor as a digest: its events say {@code "***"} instead.
 * <p>
 * Stands on a parameter of a tool's method ({@code @McpTool}, {@code @Tool}) or a
 * prompt's ({@code @McpPrompt}), on such a method for all of its arguments, or on a
 * member of a parameter's type, however deep: a record component, a field, a getter or
 * setter, or a parameter of the constructor. The names are those that Jackson gives the
 * members in JSON. Where the annotation stands on an object or a list, all that is in it
 * is masked.
 * <p>
 * An application does not start when this annotation stands on a parameter or method
 * where it would have no effect.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ ElementType.PARAMETER, ElementType.FIELD, ElementType.RECORD_COMPONENT, ElementType.METHOD })
public @interface Sensitive {

}
