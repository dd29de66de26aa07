package io.mcpsecurity.test.context;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import io.mcpsecurity.test.McpTestClient;
import io.mcpsecurity.test.TestAuthorizationServer;

/**
 * Lets the application context of a test trust a {@link TestAuthorizationServer} instead
 * of the configured authorization servers. For classes with {@code @SpringBootTest}.
 * <p>
 * The server replaces the first of {@code mcp-security.authorization-servers}, whose
 * other properties are kept: provider, audiences, claims and so on. Only introspection is
 * not kept, because the tokens are JWTs. Without that property, the server replaces
 * {@code spring.security.oauth2.resourceserver.jwt.issuer-uri}.
 * <p>
 * The context has these beans for tests:
 * <ul>
 * <li>{@link TestAuthorizationServer}, whose {@linkplain TestAuthorizationServer#token()
 * tokens} have the audience that the application requires, and the shape of the
 * configured provider</li>
 * <li>{@link McpTestClient} for the MCP endpoint that Spring AI configures, without a
 * token, if the web environment has a port</li>
 * <li>{@link McpSecurityContract} for that endpoint</li>
 * </ul>
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface AutoConfigureTestAuthorizationServer {

}
