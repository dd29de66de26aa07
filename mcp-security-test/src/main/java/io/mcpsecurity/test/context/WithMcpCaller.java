package io.mcpsecurity.test.context;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import io.mcpsecurity.McpCaller;

import org.springframework.core.annotation.AliasFor;
import org.springframework.security.test.context.support.TestExecutionEvent;
import org.springframework.security.test.context.support.WithSecurityContext;

/**
 * Runs a test with the security context that a method of an MCP server has while it
 * serves a caller: a {@code JwtAuthenticationToken} with the authorities
 * {@code SCOPE_<scope>}, and with the caller that {@link McpCaller#current()} returns.
 * <p>
 * For tests that call methods of the application directly. No request is sent, so rules
 * and {@code @RequiresScope} are not checked; method security such as
 * {@code @PreAuthorize} is.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ ElementType.TYPE, ElementType.METHOD })
@WithSecurityContext(factory = WithMcpCallerSecurityContextFactory.class)
public @interface WithMcpCaller {

	/**
	 * The {@code sub} claim.
	 */
	String subject() default "alice";

	/**
	 * The granted scopes.
	 */
	String[] scopes() default {};

	/**
	 * The {@code client_id} claim.
	 */
	String clientId() default "test-client";

	/**
	 * Further claims, as {@code name=value}; the value is a string.
	 */
	String[] claims() default {};

	/**
	 * The {@code iss} claim.
	 */
	String issuer() default "https://issuer.example";

	/**
	 * The resource identifier of the MCP endpoint.
	 */
	String resource() default "https://mcp.example/mcp";

	/**
	 * When the security context is set.
	 */
	@AliasFor(annotation = WithSecurityContext.class)
	TestExecutionEvent setupBefore() default TestExecutionEvent.TEST_METHOD;

}
