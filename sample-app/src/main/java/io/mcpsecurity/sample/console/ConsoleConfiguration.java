package io.mcpsecurity.sample.console;

import java.time.Clock;

import io.mcpsecurity.actuate.McpSecurityEndpoint;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Configures the data of the console. Without the authorization server in this
 * application there are no users, so there is no console.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty("mcp-authorization-server.enabled")
class ConsoleConfiguration {

	private static final int CAPACITY = 1000;

	@Bean
	Activity activity(ObjectProvider<McpSecurityEndpoint> policy) {
		return new Activity(new OfferedNames(policy), Clock.systemUTC());
	}

	@Bean
	AuditFeed auditFeed(Activity activity) {
		return new AuditFeed(CAPACITY, activity);
	}

}
