package io.mcpsecurity;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares how the user must have signed in before a tool, resource or prompt is used
 * (RFC 9470, OAuth 2.0 Step Up Authentication Challenge Protocol). If both {@link #acr()}
 * and {@link #maxAge()} are set, both are required.
 * <p>
 * It does not grant access: the scopes are those of {@link RequiresScope} or of other
 * rules, as without this annotation. It can be used in the same places, is found in the
 * same way, and the application does not start if it is in a place where it is not
 * enforced. An entry in {@code mcp-security.policy.rules} replaces it if that has
 * {@code acr} or {@code max-age}.
 * <p>
 * The response to a call without the required authentication is HTTP 401 with
 * {@code error="insufficient_user_authentication"} and the parameters {@code acr_values}
 * and {@code max_age} (RFC 9470 section 3) before the method runs.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ ElementType.METHOD, ElementType.TYPE })
public @interface RequiresAuthentication {

	/**
	 * Authentication context class references of which one is sufficient, the preferred
	 * one first. They are compared exactly with the {@code acr} claim of the access
	 * token, so list higher levels as well.
	 */
	String[] acr() default {};

	/**
	 * The maximum time since the user has signed in, according to the {@code auth_time}
	 * claim of the access token: a number of seconds, or a duration such as {@code 5m}.
	 */
	String maxAge() default "";

}
