package io.mcpsecurity.downstream;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.beans.factory.annotation.Qualifier;

/**
 * Qualifies the client of a downstream service, a {@code RestClient} or a
 * {@code WebClient}: <pre class="code">
 * OrderTools(&#64;Downstream("orders") RestClient orders) { ... }
 * </pre> The client sends requests below {@code mcp-security.downstream.orders.base-url}
 * only, with the access token that the configured grant yields. With the grants
 * {@code token-exchange} and {@code jwt-bearer}, that is a token for the caller of the
 * current MCP request, or the one of {@link DownstreamCaller}. A request fails with
 * {@link DownstreamException} if it cannot be sent so.
 */
@Target({ ElementType.FIELD, ElementType.METHOD, ElementType.PARAMETER })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Qualifier
public @interface Downstream {

	/** The name of the service in {@code mcp-security.downstream}. */
	String value();

}
