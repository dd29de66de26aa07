package io.mcpsecurity.sample.authorizationserver;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;

/**
 * Matches while the application is its own authorization server; another issuer is
 * trusted instead with {@code sample.authorization-server.enabled=false}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ConditionalOnBooleanProperty(name = "sample.authorization-server.enabled", matchIfMissing = true)
public @interface ConditionalOnAuthorizationServer {

}
